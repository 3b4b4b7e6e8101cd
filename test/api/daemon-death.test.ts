import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, it } from 'mocha';
import { fetchText } from '../support/call-tcp.ts';
import { useDaemon } from '../support/use-daemon.ts';
import { waitFor } from '../support/wait-for.ts';

describe('a daemon that dies', function () {
  this.timeout(60_000);
  const fixture = useDaemon(['busybox', 'demo']);
  const ok = (...args: string[]) => fixture.daemon.docker.ok(args);
  const count = 'i=0; while :; do i=$((i+1)); echo $i; sleep 0.1; done';

  it('leaves containers running and logging after kill -9, and adopts them', async () => {
    const { daemon } = fixture;
    await ok('run', '-d', '--name', 'counter', fixture.image('busybox'), 'sh', '-c', count);
    const pid = await ok('inspect', '-f', '{{.State.Pid}}', 'counter');
    await daemon.kill();
    await sleep(600);
    process.kill(Number(pid), 0);
    await daemon.start();
    assert.equal(await ok('inspect', '-f', '{{.State.Status}} {{.State.Pid}}', 'counter'), `running ${pid}`);
    const numbers = (await ok('logs', 'counter')).split('\n').map(Number);
    // No line is lost: the counter has no gap.
    assert.deepEqual(
      numbers,
      Array.from(numbers, (_, i) => i + 1),
    );
    assert.ok(numbers.length > 5);
    assert.equal(await ok('exec', 'counter', 'echo', 'inside'), 'inside');
    await ok('stop', '-t', '1', 'counter');
    assert.equal(await ok('inspect', '-f', '{{.State.Status}}', 'counter'), 'exited');
    await ok('rm', 'counter');
  });

  it('serves published ports again after kill -9', async () => {
    const { daemon } = fixture;
    await ok('run', '-d', '--name', 'web', '-p', '127.0.0.1::8080', fixture.image('demo'));
    const url = `http://${await ok('port', 'web', '8080/tcp')}/index.html`;
    await waitFor('the page', () => fetchText(url));
    await daemon.kill();
    await daemon.start();
    assert.match(await waitFor('the page', () => fetchText(url)), /Strata demo/);
    await ok('rm', '-f', 'web');
  });

  it('learns the exit code of a container that ended while it was dead', async () => {
    const { daemon } = fixture;
    await ok('run', '-d', '--name', 'short', fixture.image('busybox'), 'sh', '-c', 'sleep 0.5; exit 7');
    await daemon.kill();
    await sleep(1_000);
    await daemon.start();
    assert.equal(await ok('inspect', '-f', '{{.State.Status}} {{.State.ExitCode}}', 'short'), 'exited 7');
    await ok('rm', 'short');
  });

  it('ends within 5 s of SIGTERM, containers go on', async () => {
    const { daemon } = fixture;
    await ok('run', '-d', '--name', 'stays', fixture.image('busybox'), 'sleep', '300');
    const pid = await ok('inspect', '-f', '{{.State.Pid}}', 'stays');
    await daemon.stop();
    process.kill(Number(pid), 0);
    await daemon.start();
    assert.equal(await ok('inspect', '-f', '{{.State.Pid}}', 'stays'), pid);
    await ok('rm', '-f', 'stays');
  });
});
