import assert from 'node:assert/strict';
import { it } from 'mocha';
import { waitFor } from '../../../support/wait-for.ts';
import { lines, type Client } from './client.ts';

/** From `docker create` to `docker rm`. */
export function lifeCycleTests(client: () => Client): void {
  const ok = (...args: string[]) => client().ok(...args);
  const state = (name: string) => ok('inspect', '-f', '{{.State.Status}}', name);

  it('create makes a container that start -a runs to its end', async () => {
    const id = await ok('create', '--name', 'later', 'busybox', 'sh', '-c', 'echo ran; exit 4');
    assert.match(id, /^[0-9a-f]{64}$/);
    assert.equal(await state('later'), 'created');
    assert.deepEqual(await client().docker('start', '-a', 'later'), { code: 4, stdout: 'ran\n', stderr: '' });
    assert.equal(await ok('inspect', '-f', '{{.State.ExitCode}}', 'later'), '4');
    await ok('create', '-i', '--name', 'cat', 'busybox', 'cat');
    assert.equal((await client().piped('typed\n', 'start', '-ai', 'cat')).stdout, 'typed\n');
  });

  it('stop sends the stop signal, then SIGKILL when the time is over', async () => {
    const trap = 'trap "echo bye; exit 3" TERM; while :; do sleep 0.05; done';
    await ok('run', '-d', '--name', 'kind', 'busybox', 'sh', '-c', trap);
    assert.equal(await ok('stop', 'kind'), 'kind');
    assert.equal(await ok('inspect', '-f', '{{.State.ExitCode}}', 'kind'), '3');
    assert.equal(await ok('logs', 'kind'), 'bye');
    await client().sleeper('deaf');
    await ok('stop', '-t', '1', 'deaf');
    assert.equal(await ok('inspect', '-f', '{{.State.ExitCode}} {{.State.OOMKilled}}', 'deaf'), '137 false');
    assert.equal(await ok('stop', 'deaf'), 'deaf');
  });

  it('start, restart and stop of a stopped or running container change what they should', async () => {
    await ok('run', '--name', 'twice', 'busybox', 'echo', 'one');
    assert.equal(await ok('start', 'twice'), 'twice');
    await waitFor('the second run', async () => (await ok('logs', 'twice')) === 'one\none');
    await client().sleeper('again');
    const started = await ok('inspect', '-f', '{{.State.StartedAt}}', 'again');
    await ok('restart', '-t', '0', 'again');
    assert.equal(await state('again'), 'running');
    assert.notEqual(await ok('inspect', '-f', '{{.State.StartedAt}}', 'again'), started);
  });

  it('kill sends any signal', async () => {
    const trap = 'trap "echo usr1" USR1; echo ready; while :; do sleep 0.05; done';
    await ok('run', '-d', '--name', 'target', 'busybox', 'sh', '-c', trap);
    await waitFor('ready', async () => (await ok('logs', 'target')) === 'ready');
    await ok('kill', '-s', 'USR1', 'target');
    await waitFor('the signal', async () => (await ok('logs', 'target')).includes('usr1'));
    await ok('kill', 'target');
    await waitFor('its end', async () => (await state('target')) === 'exited');
    assert.equal(await ok('inspect', '-f', '{{.State.ExitCode}}', 'target'), '137');
    await client().fails(1, /is not running/, 'kill', 'target');
    await client().fails(1, /[Ii]nvalid signal/, 'kill', '-s', 'NOSUCH', 'target');
  });

  it('pause stops the processes, unpause lets them go on', async () => {
    await client().sleeper('frozen');
    assert.equal(await ok('pause', 'frozen'), 'frozen');
    assert.match(await ok('ps', '--format', '{{.Status}}'), /\(Paused\)$/);
    await client().fails(1, /already paused/, 'pause', 'frozen');
    await client().fails(1, /paused/, 'exec', 'frozen', 'true');
    await ok('unpause', 'frozen');
    assert.equal(await state('frozen'), 'running');
    await client().fails(1, /not paused/, 'unpause', 'frozen');
  });

  it('rename gives another name, and refuses one that is taken', async () => {
    await client().sleeper('before');
    await client().sleeper('other');
    await ok('rename', 'before', 'afterwards');
    assert.deepEqual(lines(await ok('ps', '--format', '{{.Names}}')).toSorted(), ['afterwards', 'other']);
    await client().fails(1, /name .*"?\/?other"? is already in use/, 'rename', 'afterwards', 'other');
    await client().fails(125, /name .*"?\/?other"? is already in use/, 'run', '--name', 'other', 'busybox');
  });

  it('update changes limits of a running container and its restart policy', async () => {
    await client().sleeper('grown', '-m', '32m');
    await ok(
      'update',
      '-m',
      '64m',
      '--memory-swap',
      '128m',
      '--cpus',
      '0.5',
      '--restart',
      'on-failure:3',
      'grown',
    );
    const format =
      '{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.RestartPolicy.Name}}:{{.HostConfig.RestartPolicy.MaximumRetryCount}}';
    assert.equal(await ok('inspect', '-f', format, 'grown'), '67108864 500000000 on-failure:3');
    const script =
      'cat /sys/fs/cgroup/memory.max 2>/dev/null || cat /sys/fs/cgroup/memory/memory.limit_in_bytes';
    assert.equal(await ok('exec', 'grown', 'sh', '-c', script), '67108864');
  });

  it('wait returns the exit codes in order', async () => {
    await ok('run', '-d', '--name', 'slow', 'busybox', 'sh', '-c', 'sleep 0.5; exit 21');
    await ok('run', '-d', '--name', 'quick', 'busybox', 'sh', '-c', 'exit 7');
    assert.deepEqual(lines(await ok('wait', 'slow', 'quick')), ['21', '7']);
  });

  it('restart policies start a failed container again, but not one that was stopped', async () => {
    await ok(
      'run',
      '-d',
      '--name',
      'again',
      '--restart',
      'on-failure:2',
      'busybox',
      'sh',
      '-c',
      'echo try; exit 1',
    );
    const both = () => ok('inspect', '-f', '{{.RestartCount}} {{.State.Status}}', 'again');
    await waitFor('two restarts', async () => (await both()) === '2 exited');
    assert.equal(await ok('logs', 'again'), 'try\ntry\ntry');
    await client().sleeper('always', '--restart', 'always');
    await ok('kill', 'always');
    assert.notEqual(await state('always'), 'removing');
    await ok('stop', '-t', '0', 'always');
    assert.equal(await state('always'), 'exited');
  });

  it('rm refuses a running container, and takes it with -f', async () => {
    await client().sleeper('kept', '-v', '/data');
    await client().fails(1, /running.*(stop|force)/i, 'rm', 'kept');
    await ok('rm', '-f', '-v', 'kept');
    await client().fails(1, /No such container: kept/, 'start', 'kept');
    assert.equal(await ok('volume', 'ls', '-q'), '');
  });

  it('container prune removes what has stopped and says how much it freed', async () => {
    await ok('run', '--name', 'done', 'busybox', 'sh', '-c', 'echo 12345 > /file');
    await ok('create', '--name', 'fresh', '--label', 'keep=1', 'busybox');
    await client().sleeper('busy');
    const said = await ok('container', 'prune', '-f', '--filter', 'label!=keep');
    assert.match(said, /Deleted Containers:\n[0-9a-f]{64}\n\nTotal reclaimed space: \d+B/);
    const names = lines(await ok('ps', '-a', '--format', '{{.Names}}')).toSorted();
    assert.deepEqual(names, ['busy', 'fresh']);
  });

  it('attach shows what a container says; its detach keys leave it running', async () => {
    const echo = 'while read -r line; do echo "got $line"; done';
    await ok('run', '-dit', '--name', 'echoer', 'busybox', 'sh', '-c', echo);
    await using terminal = client().terminal('attach', '--detach-keys', 'ctrl-x,q', 'echoer');
    await waitFor('an echo', async () => {
      terminal.type('hello\n');
      await terminal.sees('got hello', 500);
      return true;
    });
    terminal.type('\u0018q');
    assert.equal(await terminal.ended(), 1);
    assert.match(terminal.screen(), /read escape sequence/);
    assert.equal(await state('echoer'), 'running');
  });

  it('the detach keys of run -it leave the container running', async () => {
    await using terminal = client().terminal('run', '-it', '--name', 'left', 'busybox', 'sh');
    await terminal.sees('# ');
    terminal.type('\u0010\u0011');
    assert.equal(await terminal.ended(), 0);
    assert.equal(await state('left'), 'running');
  });

  it('a signal to docker run reaches the program', async () => {
    await using following = client().follow(
      'run',
      '--rm',
      '--name',
      'proxied',
      'busybox',
      'sh',
      '-c',
      'trap "echo told; exit 9" TERM; echo ready; while :; do sleep 0.05; done',
    );
    await following.sees(/ready/);
    following.signal('SIGTERM');
    assert.equal(await following.ended(), 9);
    assert.match(following.output(), /told/);
  });
}
