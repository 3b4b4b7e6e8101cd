import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'mocha';
import { freePort } from '../support/free-port.ts';
import { useDaemon } from '../support/use-daemon.ts';
import { waitFor } from '../support/wait-for.ts';

const COUNT = 'i=0; while :; do i=$((i+1)); echo $i; sleep 0.1; done';

describe('the life of containers', function () {
  this.timeout(60_000);
  const fixture = useDaemon(['busybox']);
  const docker = (...args: string[]) => fixture.daemon.docker(args);
  const ok = (...args: string[]) => fixture.daemon.docker.ok(args);
  const busybox = () => fixture.image('busybox');
  const run = (name: string, options: string[], ...command: string[]) =>
    ok('run', '-d', '--name', name, ...options, busybox(), ...command);
  const state = (name: string, field: string) => ok('inspect', '-f', `{{.State.${field}}}`, name);
  const post = (path: string, body?: unknown) =>
    fixture.daemon.call(path, { method: 'POST', ...(body === undefined ? {} : { body }) });

  afterEach(async () => {
    const ids = (await ok('ps', '-aq')).split('\n').filter(Boolean);
    if (ids.length > 0) await ok('rm', '-f', '-v', ...ids);
  });

  it('pause stops every process and unpause lets them go on', async () => {
    await run('frozen', [], 'sh', '-c', COUNT);
    await ok('pause', 'frozen');
    assert.match(await ok('ps', '--format', '{{.Status}}'), /^Up .* \(Paused\)$/);
    assert.equal(
      await ok('inspect', '-f', '{{.State.Status}} {{.State.Running}} {{.State.Paused}}', 'frozen'),
      'paused true true',
    );
    const before = await ok('logs', 'frozen');
    await new Promise((resolve) => setTimeout(resolve, 400));
    assert.equal(await ok('logs', 'frozen'), before);
    const exec = await docker('exec', 'frozen', 'true');
    assert.match(exec.stderr, /is paused, unpause the container before exec/);
    assert.match((await docker('rm', 'frozen')).stderr, /paused and must be unpaused first/);
    await ok('unpause', 'frozen');
    await waitFor('more numbers', async () => (await ok('logs', 'frozen')) !== before);
  });

  it('a paused container is stopped and killed, and stays paused under the next daemon', async () => {
    await run(
      'frozen',
      ['--stop-timeout', '5'],
      'sh',
      '-c',
      'trap "exit 4" TERM; while :; do sleep 0.1; done',
    );
    await ok('pause', 'frozen');
    await fixture.daemon.kill();
    await fixture.daemon.start();
    assert.equal(await state('frozen', 'Status'), 'paused');
    await ok('stop', 'frozen');
    assert.equal(await state('frozen', 'ExitCode'), '4');
    await ok('start', 'frozen');
    await ok('pause', 'frozen');
    await ok('kill', 'frozen');
    assert.equal(await state('frozen', 'ExitCode'), '137');
  });

  it('update changes memory, processors and processes of what runs', async () => {
    await run('limited', ['-m', '64m'], 'sleep', '300');
    await ok(
      'update',
      '-m',
      '96m',
      '--memory-swap',
      '128m',
      '--cpu-shares',
      '512',
      '--pids-limit',
      '50',
      'limited',
    );
    const host = '{{.HostConfig.Memory}} {{.HostConfig.CpuShares}} {{.HostConfig.PidsLimit}}';
    assert.equal(await ok('inspect', '-f', host, 'limited'), `${96 * 1024 * 1024} 512 50`);
    const inside =
      'cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max';
    assert.equal(await ok('exec', 'limited', 'sh', '-c', inside), String(96 * 1024 * 1024));
    assert.match((await docker('update', '-m', '1g', 'limited')).stderr, /already set memoryswap limit/);
    assert.match((await docker('update', '-m', '1m', 'limited')).stderr, /6MB/);
  });

  it('update --restart counts for what runs', async () => {
    await run('again', [], 'sh', '-c', 'sleep 0.5; exit 3');
    await ok('update', '--restart', 'on-failure:1', 'again');
    await waitFor(
      'the restart',
      async () => (await ok('inspect', '-f', '{{.RestartCount}}', 'again')) === '1',
    );
    await waitFor('the end', async () => (await state('again', 'Status')) === 'exited');
    assert.equal(await state('again', 'ExitCode'), '3');
  });

  it('a container between two restarts says so, and is stopped, killed, restarted or removed there', async () => {
    await run('failing', ['--restart', 'always'], 'sh', '-c', 'exit 1');
    const waiting = () =>
      waitFor('a pause between two starts', async () => (await state('failing', 'Status')) === 'restarting', {
        timeout: 20_000,
      });
    await waiting();
    assert.match(await ok('ps', '--format', '{{.Status}}'), /^Restarting \(1\) .* ago$/);
    assert.match(
      (await docker('exec', 'failing', 'true')).stderr,
      /is restarting, wait until the container is running|is not running/,
    );
    await ok('stop', 'failing');
    assert.equal(await state('failing', 'Status'), 'exited');
    await fixture.daemon.restart();
    // Docker brings `always` back with the daemon, whoever stopped it.
    await waiting();
    await ok('rm', '-f', 'failing');
  });

  it('unless-stopped remembers a stop by hand over the daemon’s restart', async () => {
    await run('stays', ['--restart', 'unless-stopped'], 'sleep', '300');
    await run('stopped', ['--restart', 'unless-stopped', '--stop-signal', 'KILL'], 'sleep', '300');
    await ok('stop', 'stopped');
    await fixture.daemon.restart();
    assert.equal(await state('stays', 'Status'), 'running');
    assert.equal(await state('stopped', 'Status'), 'exited');
  });

  it('kill takes signals by name and number, and refuses others', async () => {
    const traps = 'trap "echo usr1" USR1; trap "echo min3" 37; while :; do sleep 0.1; done';
    await run('signals', [], 'sh', '-c', traps);
    await waitFor('the shell', async () => (await ok('top', 'signals')).includes('sleep'));
    await ok('kill', '-s', 'USR1', 'signals');
    await waitFor('the first', async () => (await ok('logs', 'signals')).includes('usr1'));
    await ok('kill', '-s', '10', 'signals');
    await ok('kill', '-s', 'SIGRTMIN+3', 'signals');
    await waitFor('the last', async () => (await ok('logs', 'signals')).includes('min3'));
    assert.match((await docker('kill', '-s', 'NOPE', 'signals')).stderr, /Invalid signal: NOPE/);
    await ok('kill', 'signals');
    assert.match((await docker('kill', 'signals')).stderr, /is not running/);
    assert.equal((await post('/containers/signals/kill')).status, 409);
  });

  it('stop takes signal and time from the query', async () => {
    await run('deaf', [], 'sh', '-c', 'trap "" TERM; trap "exit 9" INT; while :; do sleep 0.1; done');
    await waitFor('the shell', async () => (await ok('top', 'deaf')).includes('sleep'));
    const began = Date.now();
    assert.equal((await post('/containers/deaf/stop?t=1')).status, 204);
    assert.ok(Date.now() - began >= 1000);
    assert.equal(await state('deaf', 'ExitCode'), '137');
    assert.equal((await post('/containers/deaf/stop')).status, 304);
    await ok('start', 'deaf');
    await waitFor('the shell', async () => (await ok('top', 'deaf')).includes('sleep'));
    assert.equal((await post('/containers/deaf/stop?signal=SIGINT&t=20')).status, 204);
    assert.equal(await state('deaf', 'ExitCode'), '9');
  });

  it('wait answers for each condition', async () => {
    await ok('create', '--name', 'short', busybox(), 'sh', '-c', 'sleep 0.3; exit 5');
    const wait = async (condition: string) =>
      (await post(`/containers/short/wait?condition=${condition}`)).json() as { StatusCode: number };
    assert.deepEqual(await wait('not-running'), { StatusCode: 0 });
    const [next, removed] = [wait('next-exit'), wait('removed')];
    await ok('start', 'short');
    assert.equal((await wait('')).StatusCode, 5);
    assert.equal((await next).StatusCode, 5);
    await ok('rm', 'short');
    assert.equal((await removed).StatusCode, 5);
    assert.equal((await post('/containers/short/wait?condition=bored')).status, 400);
  });

  it('rename keeps to the rules', async () => {
    await ok('create', '--name', 'one', busybox());
    await ok('create', '--name', 'two', busybox());
    assert.equal((await post('/containers/one/rename?name=two')).status, 409);
    assert.equal((await post('/containers/one/rename?name=one')).status, 400);
    assert.equal((await post('/containers/one/rename?name=')).status, 400);
    assert.equal((await post('/containers/one/rename?name=a%20b')).status, 400);
    await ok('rename', 'one', 'three');
    assert.equal(await ok('inspect', '-f', '{{.Name}}', 'three'), '/three');
  });

  it('top shows the container’s processes by any columns with a pid', async () => {
    await run('busy', [], 'sh', '-c', 'sleep 301 & sleep 302 & wait');
    const table = await ok('top', 'busy');
    assert.match(table, /^UID +PID +PPID/);
    assert.match(table, /sleep 301[^]*sleep 302/);
    assert.match(await ok('top', 'busy', '-o', 'pid,comm'), /^PID +COMMAND/);
    assert.match((await docker('top', 'busy', '-o', 'comm')).stderr, /find PID field/);
    assert.match((await docker('top', 'busy', '-o', 'ppid=PID')).stderr, /is not allowed/);
  });

  it('prune removes what has stopped and fits the filters', async () => {
    await run('runs', [], 'sleep', '300');
    await ok('create', '--name', 'made', '--label', 'keep=yes', busybox());
    await docker('run', '--name', 'ended', busybox(), 'true');
    assert.equal((await post('/containers/prune?filters={"nope":["1"]}')).status, 400);
    await ok('container', 'prune', '-f', '--filter', 'label!=keep', '--filter', 'until=0s');
    assert.equal(await ok('ps', '-a', '--format', '{{.Names}}'), 'made\nruns');
    assert.match(await ok('container', 'prune', '-f'), /Deleted Containers:\n[0-9a-f]{64}/);
    assert.equal(await ok('ps', '-a', '--format', '{{.Names}}'), 'runs');
  });

  it('lists by every filter, and refuses unknown ones', async () => {
    const port = await freePort();
    await run(
      'web',
      ['--label', 'tier=front', '-p', `127.0.0.1:${port}:80`, '-v', 'data:/data'],
      'sleep',
      '300',
    );
    await docker('run', '--name', 'job', '--expose', '9000-9002', busybox(), 'sh', '-c', 'exit 3');
    const names = async (...filters: string[]) =>
      (
        await ok('ps', '-a', '--format', '{{.Names}}', ...filters.flatMap((filter) => ['-f', filter]))
      ).replace('\n', ' ');
    for (const [filter, found] of [
      ['status=running', 'web'],
      ['status=exited', 'job'],
      ['name=we', 'web'],
      ['name=^/job$', 'job'],
      ['label=tier', 'web'],
      ['label=tier=back', ''],
      ['exited=3', 'job'],
      ['exited=0', ''],
      ['network=bridge', 'job web'],
      ['network=none', ''],
      ['volume=data', 'web'],
      ['volume=/data', 'web'],
      [`publish=${port}`, 'web'],
      [`publish=${port}-${port + 1}/tcp`, 'web'],
      [`publish=${port}/udp`, ''],
      ['publish=80', ''],
      ['expose=9001', 'job'],
      ['health=none', 'job web'],
      ['before=job', 'web'],
      ['since=web', 'job'],
      ['is-task=false', 'job web'],
      ['is-task=true', ''],
      [`ancestor=${busybox()}`, 'job web'],
      ['ancestor=nosuchimage', ''],
    ] as const) {
      assert.equal(await names(filter), found, filter);
    }
    for (const bad of [
      'status=walking',
      'health=fine',
      'exited=x',
      'is-task=maybe',
      'publish=http',
      'nope=1',
    ])
      assert.match((await docker('ps', '-f', bad)).stderr, /invalid filter/i, bad);
    assert.match((await docker('ps', '-f', 'before=nobody')).stderr, /No such container: nobody/);
    assert.equal(await ok('ps', '-n', '1', '--format', '{{.Names}}'), 'job');
    assert.match(await ok('ps', '-as', '--format', '{{.Size}}'), /virtual/);
  });

  it('a removal that the daemon’s death cut short is finished, volumes included', async () => {
    const id = await ok('create', '--name', 'gone', '-v', '/anonymous', busybox());
    const [volume = ''] = (await ok('inspect', '-f', '{{range .Mounts}}{{.Name}} {{end}}', 'gone')).split(
      ' ',
    );
    assert.match(await ok('volume', 'ls', '-q'), new RegExp(volume));
    // Dies at some instruction of the removal; wherever that is, both or nothing is left.
    const removal = docker('rm', '-v', 'gone');
    await fixture.daemon.kill();
    await removal;
    await fixture.daemon.start();
    const left = await ok('ps', '-aq', '--no-trunc');
    assert.equal((await ok('volume', 'ls', '-q')).includes(volume), left === id);
  });
});
