import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { openTerminal } from '../support/terminal.ts';
import { useDaemon } from '../support/use-daemon.ts';
import { waitFor } from '../support/wait-for.ts';

interface ExecInspect {
  Running: boolean;
  ExitCode: number | null;
  Pid: number;
  CanRemove: boolean;
  OpenStdin: boolean;
  ProcessConfig: { entrypoint: string; arguments: string[]; privileged: boolean; user: string };
}

describe('docker exec', function () {
  this.timeout(60_000);
  const fixture = useDaemon(['busybox']);
  const docker = (...args: string[]) => fixture.daemon.docker(args);
  const ok = (...args: string[]) => fixture.daemon.docker.ok(args);
  const post = (path: string, body: unknown) => fixture.daemon.call(path, { method: 'POST', body });
  const create = async (body: Record<string, unknown>) =>
    ((await post('/containers/box/exec', body)).json() as { Id: string }).Id;
  const inspect = async (id: string) => (await fixture.daemon.call(`/exec/${id}/json`)).json() as ExecInspect;

  before(async () => {
    await ok(
      'run',
      '-d',
      '--name',
      'box',
      '--stop-signal',
      'KILL',
      '-e',
      'FROM=container',
      fixture.image('busybox'),
      'sleep',
      '3000',
    );
  });

  it('gives environment, user and working directory to the command', async () => {
    const script = 'echo $FROM $OWN $(id -u):$(id -g) $PWD';
    assert.equal(
      await ok('exec', '-e', 'OWN=1', '-u', '33:44', '-w', '/tmp', 'box', 'sh', '-c', script),
      'container 1 33:44 /tmp',
    );
    assert.equal(await ok('exec', '-u', 'nobody', 'box', 'id', '-un'), 'nobody');
  });

  it('has all capabilities with --privileged alone', async () => {
    const bounding = 'grep CapBnd /proc/self/status';
    const plain = await ok('exec', 'box', 'sh', '-c', bounding);
    assert.notEqual(await ok('exec', '--privileged', 'box', 'sh', '-c', bounding), plain);
  });

  it('returns the command’s exit code, and keeps its streams apart', async () => {
    const { code, stdout, stderr } = await docker(
      'exec',
      'box',
      'sh',
      '-c',
      'echo out; echo err >&2; exit 42',
    );
    assert.deepEqual([code, stdout, stderr], [42, 'out\n', 'err\n']);
    assert.equal((await fixture.daemon.docker(['exec', '-i', 'box', 'cat'], { input: 'in' })).stdout, 'in');
  });

  it('returns 127 for what is missing and 126 for what cannot be run, in Docker’s words', async () => {
    const missing = await docker('exec', 'box', 'nope');
    assert.equal(missing.code, 127);
    assert.match(
      missing.stdout,
      /^OCI runtime exec failed: exec failed: .*exec: "nope": executable file not found in \$PATH/,
    );
    assert.equal((await docker('exec', 'box', '/etc/passwd')).code, 126);
    assert.equal((await docker('exec', '-w', '/nowhere', 'box', 'true')).code, 127);
    const user = await docker('exec', '-u', 'nosuch', 'box', 'true');
    assert.equal(user.code, 126);
    assert.match(user.stdout, /^unable to find user nosuch: no matching entries in passwd file/);
  });

  it('runs detached, and is inspected while it runs and afterwards', async () => {
    const id = await create({ Cmd: ['sh', '-c', 'sleep 1; exit 6'], User: '33', AttachStdout: true });
    assert.deepEqual([(await inspect(id)).Running, (await inspect(id)).ExitCode], [false, null]);
    assert.equal((await post(`/exec/${id}/start`, { Detach: true })).status, 200);
    const running = await inspect(id);
    assert.deepEqual([running.Running, running.CanRemove, running.OpenStdin], [true, false, false]);
    assert.ok(running.Pid > 0);
    assert.deepEqual(running.ProcessConfig.arguments, ['-c', 'sleep 1; exit 6']);
    assert.equal((await post(`/exec/${id}/start`, { Detach: true })).status, 409);
    await waitFor('the end', async () => (await inspect(id)).ExitCode === 6);
    assert.equal((await post(`/exec/${id}/start`, { Detach: true })).status, 409);
  });

  it('begins a terminal with the size that was asked for', async () => {
    const id = await create({
      Cmd: ['sh', '-c', 'sleep 0.2; stty size'],
      Tty: true,
      AttachStdout: true,
      ConsoleSize: [31, 97],
    });
    const { text } = await post(`/exec/${id}/start`, { Detach: false, Tty: true });
    assert.equal(text.trim(), '31 97');
  });

  it('is left by the detach keys, and goes on', async () => {
    const { program, env } = fixture.daemon.docker;
    await using terminal = openTerminal(
      [program, 'exec', '-it', '--detach-keys', 'ctrl-a,x', 'box', 'sleep', '555'],
      env,
    );
    await waitFor('the command', async () => (await ok('top', 'box')).includes('sleep 555'));
    terminal.type('\u0001x');
    await terminal.ended();
    assert.match(await ok('top', 'box'), /sleep 555/);
    await ok('exec', 'box', 'sh', '-c', 'pkill -f "sleep 555" || killall sleep');
  });

  it('is refused where the container does not run, a field is wrong or the exec unknown', async () => {
    await ok('create', '--name', 'idle', fixture.image('busybox'));
    assert.equal((await post('/containers/idle/exec', { Cmd: ['true'] })).status, 409);
    assert.match((await docker('exec', 'idle', 'true')).stderr, /container [0-9a-f]{64} is not running/);
    assert.equal((await post('/containers/nobody/exec', { Cmd: ['true'] })).status, 404);
    assert.equal((await post('/containers/box/exec', { Cmd: [] })).status, 400);
    assert.equal((await post('/containers/box/exec', { Cmd: ['sh'], DetachKeys: 'ctrl-' })).status, 400);
    assert.equal((await fixture.daemon.call('/exec/nope/json')).status, 404);
    assert.equal((await post('/exec/nope/resize?h=1&w=1', {})).status, 404);
    await ok('rm', 'idle');
  });

  it('that ran when the daemon died is lost for its client, goes on, and leaves nothing behind', async () => {
    const id = await create({ Cmd: ['sleep', '4'], AttachStdout: true });
    await post(`/exec/${id}/start`, { Detach: true });
    await fixture.daemon.kill();
    await fixture.daemon.start();
    assert.equal((await fixture.daemon.call(`/exec/${id}/json`)).status, 404);
    assert.match(await ok('top', 'box'), /sleep 4/);
    const box = await ok('inspect', '-f', '{{.Id}}', 'box');
    const bundles = join(fixture.daemon.runRoot, 'containers', box, 'bundle', 'exec');
    await waitFor('its end', async () => !(await ok('top', 'box')).includes('sleep 4'));
    await fixture.daemon.restart();
    assert.deepEqual(await readdir(bundles).catch(() => []), []);
  });
});
