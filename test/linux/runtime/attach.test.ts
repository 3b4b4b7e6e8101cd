import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AttachedStreams } from '../../../backend/runtime/runtime.ts';
import { readAll, RuntimeFixture } from './runtime-fixture.ts';

describe('runtime: attach', function () {
  this.timeout(30_000);
  const fixture = new RuntimeFixture();
  before(() => fixture.open());
  after(() => fixture.close());

  async function begin(args: string[], stdin: boolean): Promise<{ id: string; streams: AttachedStreams }> {
    const request = fixture.request(args, {}, { openStdin: stdin, stdinOnce: stdin });
    await fixture.runtime.create(request);
    return { id: request.id, streams: await fixture.runtime.attach(request.id, { stdin, tty: false }) };
  }

  it('gives input and its end to the program when both come before the start', async () => {
    const { id, streams } = await begin(['cat'], true);
    const output = readAll(streams);
    streams.stdin?.end('held\n');
    await sleep(50);
    await fixture.runtime.start(id);
    assert.equal((await output).stdout, 'held\n');
    assert.equal((await fixture.runtime.waitExit(id, AbortSignal.timeout(5000))).code, 0);
  });

  it('carries megabytes through unchanged in both directions', async () => {
    const { id, streams } = await begin(['cat'], true);
    const output = readAll(streams);
    await fixture.runtime.start(id);
    const sent = Array.from({ length: 300_000 }, (_, line) => `line ${line}\n`).join('');
    streams.stdin?.end(sent);
    const { stdout } = await output;
    assert.equal(stdout.length, sent.length);
    assert.ok(stdout === sent);
  });

  it('loses nothing of the output of a program that ends at once, ten times', async () => {
    for (let turn = 0; turn < 10; turn += 1) {
      const { stdout } = await fixture.run(['seq', '2000']);
      assert.equal(stdout.split('\n').length, 2001);
    }
  });

  it('gives the whole output although the program left input unread', async () => {
    const { id, streams } = await begin(['sh', '-c', 'seq 1000; sleep 0.2'], true);
    const output = readAll(streams);
    await fixture.runtime.start(id);
    streams.stdin?.write(Buffer.alloc(1024 * 1024));
    assert.equal((await output).stdout.split('\n').length, 1001);
  });

  it('holds the program back when a client does not read, and gives everything once it does', async () => {
    const megabytes = 200;
    const before = process.memoryUsage.rss();
    const { id, streams } = await begin(['dd', 'if=/dev/zero', 'bs=1M', `count=${megabytes}`], false);
    await fixture.runtime.start(id);
    await sleep(700);
    assert.ok(process.memoryUsage.rss() - before < 64 * 1024 * 1024, 'memory grew with what nobody reads');
    assert.ok((await fixture.runtime.processes(id)).length > 0, 'the program has been held back');
    let received = 0;
    streams.stderr?.resume();
    for await (const chunk of streams.stdout) received += (chunk as Buffer).length;
    assert.equal(received, megabytes * 1024 * 1024);
  });

  it('serves several clients, and goes on when one of them leaves', async () => {
    const { id, streams } = await begin(['sh', '-c', 'sleep 0.2; seq 10'], false);
    const second = await fixture.runtime.attach(id, { stdin: false, tty: false });
    const output = readAll(second);
    await fixture.runtime.start(id);
    streams[Symbol.dispose]();
    assert.equal((await output).stdout, '1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n');
  });
});

describe('runtime: exec', function () {
  this.timeout(20_000);
  const fixture = new RuntimeFixture();
  let id = '';
  before(async () => {
    await fixture.open();
    const request = fixture.request(['sleep', '1000']);
    id = request.id;
    await fixture.runtime.create(request);
    await fixture.runtime.start(id);
  });
  after(() => fixture.close());
  let number = 0;
  const exec = (
    args: string[],
    more: { tty?: boolean; openStdin?: boolean; attach?: boolean } = {},
  ): ReturnType<typeof fixture.runtime.exec> => {
    const { process } = fixture.request(args).spec;
    const execId = `exec${(number += 1)}`;
    return fixture.runtime.exec({ containerId: id, execId, process, tty: false, openStdin: false, ...more });
  };

  it('runs beside init, with its own streams and exit code', async () => {
    const running = await exec(['sh', '-c', 'echo out; echo err >&2; exit 7']);
    assert.ok(running.pid > 0);
    assert.ok(running.streams);
    assert.deepEqual(await readAll(running.streams), { stdout: 'out\n', stderr: 'err\n' });
    assert.equal((await running.exit).code, 7);
  });

  it('reads its standard input to the end', async () => {
    const running = await exec(['cat'], { openStdin: true });
    running.streams?.stdin?.end('x\n');
    assert.ok(running.streams);
    assert.equal((await readAll(running.streams)).stdout, 'x\n');
    assert.equal((await running.exit).code, 0);
  });

  it('says why a program cannot be started', async () => {
    await assert.rejects(exec(['nope']), /nope/);
  });

  it('runs detached, without streams', async () => {
    const running = await exec(['sh', '-c', 'exit 5'], { attach: false });
    assert.equal(running.streams, null);
    assert.equal((await running.exit).code, 5);
  });

  it('has a terminal that can be resized', async () => {
    const running = await exec(['sh', '-c', 'read line; stty size'], { tty: true, openStdin: true });
    await running.resize(33, 77);
    running.streams?.stdin?.write('\n');
    assert.ok(running.streams);
    assert.match((await readAll(running.streams)).stdout, /33 77/);
  });

  it('leaves nothing in the bundle', async () => {
    const running = await exec(['true']);
    await running.exit;
    const { readdirSync } = await import('node:fs');
    assert.deepEqual(readdirSync(`${fixture.layout.runContainer(id)}/bundle/exec`), []);
  });
});
