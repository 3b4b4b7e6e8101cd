import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, it } from 'mocha';
import { openTerminal } from '../support/terminal.ts';
import { useDaemon } from '../support/use-daemon.ts';
import { waitFor } from '../support/wait-for.ts';

describe('docker on containers', function () {
  this.timeout(30_000);
  const fixture = useDaemon(['busybox']);
  const docker = (...args: string[]) => fixture.daemon.docker(args);
  const ok = (...args: string[]) => fixture.daemon.docker.ok(args);
  const busybox = () => fixture.image('busybox');
  const sleeper = (name: string, ...options: string[]) =>
    ok(
      'run',
      '-d',
      '--name',
      name,
      ...options,
      busybox(),
      'sh',
      '-c',
      'trap "exit 0" TERM; sleep 300 & wait',
    );

  afterEach(async () => {
    const ids = (await ok('ps', '-aq')).split('\n').filter(Boolean);
    if (ids.length > 0) await ok('rm', '-f', ...ids);
  });

  it('ps shows what runs, ps -a what has ended too', async () => {
    await sleeper('up');
    await docker('run', '--name', 'down', busybox(), 'sh', '-c', 'exit 3');
    assert.deepEqual(await ok('ps', '--format', '{{.Names}}'), 'up');
    const all = (await ok('ps', '-a', '--format', '{{.Names}} {{.Status}}')).split('\n');
    assert.equal(all.length, 2);
    assert.match(all[0] ?? '', /^down Exited \(3\)/);
    assert.match(all[1] ?? '', /^up Up/);
  });

  it('logs shows the past, -f follows until the end, --tail and --since cut', async () => {
    await ok(
      'run',
      '-d',
      '--name',
      'talk',
      busybox(),
      'sh',
      '-c',
      'for i in 1 2 3 4 5; do echo line $i; sleep 0.2; done',
    );
    const followed = await ok('logs', '-f', 'talk');
    assert.equal(followed, 'line 1\nline 2\nline 3\nline 4\nline 5');
    assert.equal(await ok('logs', '--tail', '2', 'talk'), 'line 4\nline 5');
    assert.match(await ok('logs', '-t', '--tail', '1', 'talk'), /^\d{4}-\d\d-\d\dT[\d:.]+Z line 5$/);
    assert.equal(await ok('logs', '--until', '1h', 'talk'), '');
    assert.match(await ok('logs', '--since', '1h', 'talk'), /line 1[^]*line 5/);
  });

  it('logs -f ends when the container is killed', async () => {
    await sleeper('quiet');
    const followed = docker('logs', '-f', 'quiet');
    await sleep(300);
    await ok('kill', 'quiet');
    assert.equal((await followed).code, 0);
  });

  it('exec runs a program inside, with its exit code, input and user', async () => {
    await sleeper('box');
    assert.equal(await ok('exec', 'box', 'cat', '/etc/hostname'), (await ok('ps', '-q')).slice(0, 12));
    assert.equal((await docker('exec', 'box', 'sh', '-c', 'exit 9')).code, 9);
    const fed = await fixture.daemon.docker(['exec', '-i', 'box', 'tr', 'a-z', 'A-Z'], { input: 'loud' });
    assert.equal(fed.stdout, 'LOUD');
    assert.match(
      await ok('exec', '-u', 'nobody', '-e', 'A=b', '-w', '/tmp', 'box', 'sh', '-c', 'id -un; echo $A; pwd'),
      /nobody\nb\n\/tmp/,
    );
    assert.equal((await docker('exec', 'box', 'no-such-program')).code, 127);
  });

  it('exec -it gives a terminal', async () => {
    await sleeper('term');
    const { env, program } = fixture.daemon.docker;
    await using terminal = openTerminal([program, 'exec', '-it', 'term', 'sh'], env);
    await terminal.sees('#');
    terminal.type('tty; exit 4\n');
    await terminal.sees('/dev/pts/');
    assert.equal(await terminal.ended(), 4);
  });

  it('stop lets the program end by itself, kill does not, start brings it back', async () => {
    await sleeper('cycle');
    await ok('stop', 'cycle');
    assert.equal(await ok('inspect', '-f', '{{.State.Status}} {{.State.ExitCode}}', 'cycle'), 'exited 0');
    await ok('start', 'cycle');
    assert.equal(await ok('inspect', '-f', '{{.State.Running}}', 'cycle'), 'true');
    await ok('kill', 'cycle');
    await waitFor('exit', async () => (await ok('inspect', '-f', '{{.State.ExitCode}}', 'cycle')) === '137');
    await ok('restart', '-t', '1', 'cycle');
    assert.equal(await ok('inspect', '-f', '{{.State.Status}}', 'cycle'), 'running');
  });

  it('stop ends a program that ignores it after its time', async () => {
    await ok('run', '-d', '--name', 'deaf', busybox(), 'sh', '-c', 'trap "" TERM; while :; do sleep 1; done');
    const started = Date.now();
    await ok('stop', '-t', '1', 'deaf');
    assert.ok(Date.now() - started < 8_000);
    assert.equal(await ok('inspect', '-f', '{{.State.ExitCode}}', 'deaf'), '137');
  });

  it('rm refuses a running container and names it, rm -f removes it', async () => {
    await sleeper('busy');
    const refused = await docker('rm', 'busy');
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /running/);
    await ok('rm', '-f', 'busy');
    assert.equal(await ok('ps', '-aq'), '');
  });

  it('top lists the processes', async () => {
    await sleeper('tops');
    assert.match(await ok('top', 'tops'), /PID[^]*sleep 300/);
  });

  it('wait returns the exit code', async () => {
    await ok('run', '-d', '--name', 'brief', busybox(), 'sh', '-c', 'sleep 0.3; exit 21');
    assert.equal(await ok('wait', 'brief'), '21');
  });

  it('rename gives another name', async () => {
    await sleeper('before');
    await ok('rename', 'before', 'afterwards');
    assert.equal(await ok('ps', '--format', '{{.Names}}'), 'afterwards');
  });

  it('attach shows what a running container says and passes what is typed', async () => {
    const echo = 'while read -r line; do echo "got $line"; [ "$line" = end ] && exit 6; done';
    await ok('run', '-di', '--name', 'echoer', busybox(), 'sh', '-c', echo);
    const result = await fixture.daemon.docker(['attach', 'echoer'], { input: 'one\nend\n' });
    assert.deepEqual(result, { code: 6, stdout: 'got one\ngot end\n', stderr: '' });
  });

  it('refuses a second container of the same name', async () => {
    await sleeper('single');
    const second = await docker('run', '-d', '--name', 'single', busybox(), 'true');
    assert.equal(second.code, 125);
    assert.match(second.stderr, /single/);
  });

  it('starts again by itself with --restart on-failure, as often as was said', async () => {
    await ok(
      'run',
      '-d',
      '--name',
      'again',
      '--restart',
      'on-failure:2',
      busybox(),
      'sh',
      '-c',
      'echo try; exit 1',
    );
    await waitFor('two restarts', async () => {
      const state = await ok('inspect', '-f', '{{.RestartCount}} {{.State.Status}}', 'again');
      return state === '2 exited';
    });
    assert.equal(await ok('logs', 'again'), 'try\ntry\ntry');
  });

  it('events tells of create, start, die and destroy in this order', async () => {
    const { env, program } = fixture.daemon.docker;
    const listener = spawn(program, ['events', '--format', '{{.Type}} {{.Action}}'], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let seen = '';
    listener.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()));
    try {
      await sleep(400);
      await ok('run', '--rm', '--name', 'told', busybox(), 'true');
      await waitFor('destroy', () => seen.includes('container destroy'));
    } finally {
      listener.kill();
    }
    const order = ['create', 'start', 'die', 'destroy'].map((action) => seen.indexOf(`container ${action}`));
    assert.ok(
      order.every((at) => at >= 0),
      seen,
    );
    assert.deepEqual(
      order,
      [...order].sort((a, b) => a - b),
      seen,
    );
  });
});
