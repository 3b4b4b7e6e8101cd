import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CreateRequest } from '../../../backend/runtime/runtime.ts';
import { readLogs } from '../../../backend/runtime/logs/read-logs.ts';
import { RuntimeFixture } from './runtime-fixture.ts';

describe('runtime: adoption after the daemon was killed', function () {
  this.timeout(30_000);
  const fixture = new RuntimeFixture();
  before(() => fixture.open());
  after(() => fixture.close());

  /** Runs a daemon until it has said `word`, then kills it so many milliseconds later. */
  async function killAfter(request: CreateRequest, word: string, milliseconds = 0): Promise<void> {
    const file = join(fixture.directory, 'request.json');
    writeFileSync(file, JSON.stringify(request));
    const daemon = spawn(
      process.execPath,
      [join(import.meta.dirname, 'adopt-daemon.ts'), fixture.directory, file],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const gone = once(daemon, 'exit');
    let said = '';
    for await (const chunk of daemon.stdout) {
      said += String(chunk);
      if (said.includes(word)) break;
    }
    if (milliseconds > 0) await sleep(milliseconds);
    daemon.kill('SIGKILL');
    await gone;
  }

  it('finds a running container again, sees its exit code, and no log line is lost', async () => {
    const request = fixture.request([
      'sh',
      '-c',
      'i=0; while [ $i -lt 40 ]; do echo line $i; i=$((i+1)); sleep 0.02; done; exit 9',
    ]);
    await killAfter(request, 'started');
    const runtime = await fixture.reopen();
    const adopted = await runtime.adopt(request.id);
    assert.equal(adopted.state, 'running');
    const exit = await runtime.waitExit(request.id, AbortSignal.timeout(10_000));
    assert.equal(exit.code, 9);
    const lines: string[] = [];
    for await (const block of readLogs({ path: request.logPath, follow: false }))
      lines.push(...block.map(({ bytes }) => bytes.toString()));
    assert.deepEqual(
      lines,
      Array.from({ length: 40 }, (_, line) => `line ${line}\n`),
    );
    assert.equal((await runtime.adopt(request.id)).state, 'exited');
  });

  it('finds the exit of a container that ended while nobody looked', async () => {
    const request = fixture.request(['sh', '-c', 'sleep 0.1; exit 4']);
    await killAfter(request, 'started');
    await sleep(300);
    const adopted = await (await fixture.reopen()).adopt(request.id);
    assert.ok(adopted.state === 'exited');
    assert.equal(adopted.status.code, 4);
  });

  it('finds a container that was created and not started, and can start it', async () => {
    const request = fixture.request(['sh', '-c', 'exit 6']);
    await killAfter({ ...request }, 'created');
    const runtime = await fixture.reopen();
    const adopted = await runtime.adopt(request.id);
    // The daemon may have come as far as the start before the signal hit it.
    if (adopted.state === 'created') await runtime.start(request.id);
    assert.equal((await runtime.waitExit(request.id, AbortSignal.timeout(5000))).code, 6);
  });

  it('comes to a clear state wherever the creation was cut off, and deletes what is left', async () => {
    for (const milliseconds of [1, 4, 8, 12]) {
      const request = fixture.request(['sleep', '100']);
      await killAfter(request, 'ready', milliseconds);
      await sleep(50);
      const runtime = await fixture.reopen();
      const { state } = await runtime.adopt(request.id);
      assert.ok(['gone', 'created', 'running'].includes(state), state);
      await runtime.delete(request.id);
      assert.equal((await runtime.adopt(request.id)).state, 'gone');
      assert.deepEqual(await runtime.processes(request.id), []);
    }
  });

  it('still sees the end of a container whose monitor was killed', async () => {
    const request = fixture.request(['sleep', '100']);
    const { conmon } = await fixture.runtime.create(request);
    await fixture.runtime.start(request.id);
    process.kill(conmon.pid, 'SIGKILL');
    await sleep(100);
    assert.equal((await fixture.runtime.adopt(request.id)).state, 'running');
    const exit = fixture.runtime.waitExit(request.id, AbortSignal.timeout(5000));
    await fixture.runtime.kill(request.id, 9);
    assert.equal((await exit).code, 137);
  });

  it('knows nothing of a container that never was', async () => {
    assert.deepEqual(await fixture.runtime.adopt('f'.repeat(64)), { state: 'gone' });
  });
});
