import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'mocha';
import { useDaemon } from '../support/use-daemon.ts';
import { waitFor } from '../support/wait-for.ts';

interface Health {
  Status: string;
  FailingStreak: number;
  Log: { Start: string; End: string; ExitCode: number; Output: string }[];
}

describe('health checks', function () {
  this.timeout(60_000);
  const fixture = useDaemon(['busybox']);
  const ok = (...args: string[]) => fixture.daemon.docker.ok(args);
  const start = (name: string, ...options: string[]) =>
    ok('run', '-d', '--name', name, ...options, fixture.image('busybox'), 'sleep', '300');
  const health = async (name: string) =>
    JSON.parse(await ok('inspect', '-f', '{{json .State.Health}}', name)) as Health;
  const becomes = (name: string, status: string) =>
    waitFor(`${name} to be ${status}`, async () => (await health(name)).Status === status, {
      timeout: 20_000,
    });

  afterEach(async () => {
    const ids = (await ok('ps', '-aq')).split('\n').filter(Boolean);
    if (ids.length > 0) await ok('rm', '-f', ...ids);
  });

  it('go from starting to healthy to unhealthy and back, and ps says it', async () => {
    await start(
      'well',
      '--health-cmd',
      'echo looked; test -e /tmp/ok',
      '--health-interval',
      '300ms',
      '--health-retries',
      '2',
      '--health-start-period',
      '30s',
      '--health-start-interval',
      '300ms',
    );
    assert.match(await ok('ps', '--format', '{{.Status}}'), /\(health: starting\)$/);
    assert.equal(await ok('ps', '-q', '-f', 'health=healthy'), '');
    await ok('exec', 'well', 'touch', '/tmp/ok');
    await becomes('well', 'healthy');
    assert.match(await ok('ps', '--format', '{{.Status}}'), /^Up .* \(healthy\)$/);
    assert.notEqual(await ok('ps', '-q', '-f', 'health=healthy'), '');
    await ok('exec', 'well', 'rm', '/tmp/ok');
    await becomes('well', 'unhealthy');
    const { Log, FailingStreak } = await health('well');
    assert.ok(FailingStreak >= 2);
    assert.deepEqual([Log.at(-1)?.ExitCode, Log.at(-1)?.Output], [1, 'looked\n']);
    await ok('exec', 'well', 'touch', '/tmp/ok');
    await becomes('well', 'healthy');
  });

  it('end a probe that takes too long', async () => {
    await start(
      'slow',
      '--health-cmd',
      'echo before; sleep 20',
      '--health-interval',
      '300ms',
      '--health-timeout',
      '500ms',
      '--health-retries',
      '1',
    );
    await becomes('slow', 'unhealthy');
    const [entry] = (await health('slow')).Log;
    assert.equal(entry?.ExitCode, -1);
    assert.equal(entry?.Output, 'Health check exceeded timeout (500ms): before\n');
  });

  it('go on under the next daemon, and while it was dead nothing was forgotten', async () => {
    await start(
      'kept',
      '--health-cmd',
      'test -e /tmp/ok',
      '--health-interval',
      '300ms',
      '--health-retries',
      '1',
    );
    await ok('exec', 'kept', 'touch', '/tmp/ok');
    await becomes('kept', 'healthy');
    await fixture.daemon.kill();
    await fixture.daemon.start();
    assert.equal((await health('kept')).Status, 'healthy');
    await ok('exec', 'kept', 'rm', '/tmp/ok');
    await becomes('kept', 'unhealthy');
  });

  it('stand still with a paused container and end with a stopped one', async () => {
    await start('still', '--health-cmd', 'true', '--health-interval', '200ms', '--stop-signal', 'KILL');
    await becomes('still', 'healthy');
    await ok('pause', 'still');
    const { Log } = await health('still');
    await new Promise((resolve) => setTimeout(resolve, 700));
    assert.deepEqual((await health('still')).Log, Log);
    await ok('unpause', 'still');
    await becomes('still', 'healthy');
    await ok('stop', 'still');
    assert.match(await ok('ps', '-a', '--format', '{{.Status}}'), /^Exited \(137\) .* ago$/);
  });

  it('are told as events, with their execs', async () => {
    const since = String(Math.floor(Date.now() / 1000));
    await start('told', '--health-cmd', 'true', '--health-interval', '300ms');
    await becomes('told', 'healthy');
    const until = String(Math.ceil(Date.now() / 1000) + 1);
    const lines = await ok(
      'events',
      '--since',
      since,
      '--until',
      until,
      '-f',
      'container=told',
      '--format',
      '{{.Action}}',
    );
    assert.match(
      lines,
      /exec_create: \/bin\/sh -c true\nexec_start: \/bin\/sh -c true\nexec_die\nhealth_status: healthy/,
    );
    const only = await ok(
      'events',
      '--since',
      since,
      '--until',
      until,
      '-f',
      'event=health_status',
      '-f',
      'container=told',
      '--format',
      '{{.Action}}',
    );
    assert.equal(only, 'health_status: healthy');
  });

  it('leave no exec behind', async () => {
    await start('clean', '--health-cmd', 'true', '--health-interval', '100ms');
    await becomes('clean', 'healthy');
    await waitFor(
      'no exec',
      async () => (await ok('inspect', '-f', '{{json .ExecIDs}}', 'clean')) === 'null',
    );
  });
});
