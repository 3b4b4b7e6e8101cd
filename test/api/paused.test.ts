import assert from 'node:assert/strict';
import { before, describe, it } from 'mocha';
import { tarArchive } from '../support/tar-archive.ts';
import { useDaemon } from '../support/use-daemon.ts';

describe('a paused container', function () {
  this.timeout(60_000);
  const fixture = useDaemon(['busybox']);
  const docker = (...args: string[]) => fixture.daemon.docker(args);
  const ok = (...args: string[]) => fixture.daemon.docker.ok(args);

  before(async () => {
    await ok(
      'run',
      '-d',
      '--name',
      'still',
      '-v',
      '/vol',
      fixture.image('busybox'),
      'sh',
      '-c',
      'echo said; sleep 1000',
    );
    await ok('pause', 'still');
  });

  it('is copied to and from, volumes too', async () => {
    for (const path of ['/tmp', '/vol']) {
      const body = tarArchive([{ name: 'f', content: `in ${path}` }]);
      const put = await fixture.daemon.call(`/containers/still/archive?path=${path}`, {
        method: 'PUT',
        body,
      });
      assert.equal(put.status, 200);
      const { status, text } = await fixture.daemon.call(`/containers/still/archive?path=${path}/f`);
      assert.equal(status, 200);
      assert.ok(text.includes(`in ${path}`));
    }
  });

  it('tells its processes, its log, its changes and its use of the machine', async () => {
    assert.match(await ok('top', 'still'), /sleep 1000/);
    assert.equal(await ok('logs', 'still'), 'said');
    assert.match(await ok('diff', 'still'), /A \/tmp\/f/);
    assert.match(await ok('stats', '--no-stream', 'still'), /still/);
    await ok('export', '-o', `${fixture.daemon.root}/still.tar`, 'still');
  });

  it('is committed, and still paused afterwards', async () => {
    await ok('commit', 'still', 'still:1');
    assert.equal(await ok('inspect', '-f', '{{.State.Status}} {{.State.Running}}', 'still'), 'paused true');
  });

  it('refuses what needs its processes to go on, in Docker’s words', async () => {
    const id = await ok('inspect', '-f', '{{.Id}}', 'still');
    for (const [args, message] of [
      [['exec', 'still', 'true'], `Container ${id} is paused, unpause the container before exec`],
      [['attach', 'still'], 'paused'],
      [['start', 'still'], 'cannot start a paused container, try unpause instead'],
      [['pause', 'still'], `Container ${id} is already paused`],
      [['rm', 'still'], 'paused'],
    ] as const) {
      const { code, stderr } = await docker(...args);
      assert.notEqual(code, 0);
      assert.ok(stderr.includes(message), stderr);
    }
  });

  for (const [name, args, code] of [
    ['stopped', ['stop', '-t', '1'], 137],
    ['killed', ['kill'], 137],
    ['ended by a signal that waited for it', ['kill', '-s', 'TERM'], 143],
  ] as const) {
    it(`is ${name}`, async () => {
      const trap = name.startsWith('ended')
        ? 'trap "exit 143" TERM; while :; do sleep 0.1; done'
        : 'sleep 1000';
      const id = await ok('run', '-d', '--network=none', fixture.image('busybox'), 'sh', '-c', trap);
      await ok('pause', id);
      await ok(...args, id);
      assert.equal(await ok('wait', id), String(code));
    });
  }
});
