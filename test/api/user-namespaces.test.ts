import assert from 'node:assert/strict';
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'mocha';
import { run } from '../support/run.ts';
import { tarArchive } from '../support/tar-archive.ts';
import { useDaemon } from '../support/use-daemon.ts';

/** The docker CLI knows no other word than host for --userns. */
const PRIVATE = { UsernsMode: 'private', NetworkMode: 'none' };

describe('a container in a user namespace of its own', function () {
  this.timeout(60_000);
  const fixture = useDaemon(['busybox']);
  const ok = (...args: string[]) => fixture.daemon.docker.ok(args);
  const create = (name: string, script: string, host: object = {}, config: object = {}) =>
    fixture.daemon.call(`/containers/create?name=${name}`, {
      method: 'POST',
      body: {
        Image: fixture.image('busybox'),
        Cmd: ['sh', '-c', script],
        HostConfig: { ...PRIVATE, ...host },
        ...config,
      },
    });
  const start = async (name: string, script: string, host: object = {}, config: object = {}) => {
    const { status, text } = await create(name, script, host, config);
    assert.equal(status, 201, text);
    await ok('start', name);
  };
  const inspect = async (name: string, format: string) => ok('inspect', '-f', format, name);
  const upperOf = async (name: string, path = '') =>
    lstatSync(join(fixture.daemon.dataRoot, 'containers', await inspect(name, '{{.Id}}'), 'upper', path));
  const layers = async () => {
    const find = ['.', '-printf', String.raw`%p %U %G %m %s %T@ %C@\n`];
    return (await run('find', find, { cwd: join(fixture.daemon.dataRoot, 'layers') })).stdout;
  };
  let hostId = 0;
  let untouched = '';

  before(async () => {
    untouched = await layers();
    await start('mapped', 'touch /new; chown 1000:1001 /new; rm /etc/group; chmod 711 /root; sleep 1000');
    const pid = await inspect('mapped', '{{.State.Pid}}');
    hostId = Number(/\d+\s+(\d+)/.exec(readFileSync(`/proc/${pid}/uid_map`, 'utf8'))?.[1]);
  });

  it('is nobody on the host, and root with all of its files inside', async () => {
    assert.ok(hostId >= 65_536);
    assert.equal(
      await ok('exec', 'mapped', 'stat', '-c', '%u:%g', '/', '/bin/busybox', '/root'),
      '0:0\n0:0\n0:0',
    );
    assert.equal(await ok('exec', 'mapped', 'stat', '-c', '%u:%g', '/new'), '1000:1001');
  });

  it('writes its own ids to its own layer, whose root is its root', async () => {
    assert.equal((await upperOf('mapped')).uid, hostId);
    const { uid, gid } = await upperOf('mapped', 'new');
    assert.deepEqual([uid, gid], [hostId + 1000, hostId + 1001]);
    assert.equal((await upperOf('mapped', 'root')).uid, hostId);
  });

  it('leaves the layers that it shares with others as they are', async () => {
    assert.equal(await layers(), untouched);
    assert.equal(
      await ok('run', '--rm', '--network=none', fixture.image('busybox'), 'stat', '-c', '%u', '/root'),
      '0',
    );
  });

  it('shows its own ids in copies, exports, changes and commits', async () => {
    await ok('cp', 'mapped:/new', fixture.daemon.root);
    const { text } = await fixture.daemon.call('/containers/mapped/archive?path=/new');
    const copied = await run('tar', ['-tvf', '-', '--numeric-owner'], { input: text });
    assert.match(copied.stdout, / 1000\/1001 /);
    const file = join(fixture.daemon.root, 'mapped.tar');
    await ok('export', '-o', file, 'mapped');
    const { stdout } = await run('tar', ['-tvf', file, '--numeric-owner', 'new', 'bin/busybox', 'root/']);
    assert.deepEqual(stdout.match(/ \d+\/\d+ /g)?.toSorted(), [' 0/0 ', ' 0/0 ', ' 1000/1001 ']);
    assert.deepEqual((await ok('diff', 'mapped')).split('\n').toSorted(), [
      'A /new',
      'C /etc',
      'C /root',
      'D /etc/group',
    ]);
    await ok('commit', 'mapped', 'mapped:1');
    const stat = ['stat', '-c', '%u:%g', '/', '/new', '/root', '/etc'];
    assert.equal(await ok('run', '--rm', '--network=none', 'mapped:1', ...stat), '0:0\n1000:1001\n0:0\n0:0');
  });

  it('is copied to with the ids of the archive, running or not', async () => {
    await create('asleep', 'stat -c %u:%g /tmp/f');
    for (const name of ['mapped', 'asleep']) {
      const body = tarArchive([{ name: 'f', content: 'x' }]);
      const put = await fixture.daemon.call(`/containers/${name}/archive?path=/tmp`, { method: 'PUT', body });
      assert.equal(put.status, 200, put.text);
    }
    assert.equal((await upperOf('mapped', 'tmp/f')).uid, hostId);
    assert.equal(await ok('exec', 'mapped', 'stat', '-c', '%u:%g', '/tmp/f'), '0:0');
    assert.equal(await ok('start', '-a', 'asleep'), '0:0');
  });

  it('shares volumes with containers that have none, with the same owners', async () => {
    await start('shares', 'touch /v/a; chown 5:6 /v/a; stat -c %u:%g /v', { Binds: ['shared:/v'] });
    await ok('wait', 'shares');
    assert.equal(await ok('logs', 'shares'), '0:0');
    const busybox = fixture.image('busybox');
    assert.equal(
      await ok('run', '--rm', '-v', 'shared:/v', busybox, 'stat', '-c', '%u:%g', '/v/a', '/v'),
      '5:6\n0:0',
    );
  });

  it('owns its working directory and the places of its mounts', async () => {
    const script = 'stat -c "%u %a" /w/d /mnt/v /mnt/t; stat -c %u /w /mnt';
    const host = { Binds: ['places:/mnt/v'], Tmpfs: { '/mnt/t': '' } };
    await start('places', script, host, { WorkingDir: '/w/d' });
    await ok('wait', 'places');
    assert.equal((await upperOf('places', 'w/d')).uid, (await upperOf('places')).uid);
    for (const path of ['w/d', 'mnt', 'mnt/v', 'mnt/t'])
      assert.equal(((await upperOf('places', path)).mode & 0o7777).toString(8), '755', path);
    assert.match(await ok('logs', 'places'), /^0 755\n/);
  });

  it('starts again, and after a restart of the daemon, with the same ids', async () => {
    await start('again', 'cut -c 11- /proc/self/uid_map; stat -c %u /mine 2>/dev/null; touch /mine');
    await ok('wait', 'again');
    const first = await ok('logs', 'again');
    await fixture.daemon.restart();
    await ok('start', 'again');
    await ok('wait', 'again');
    assert.deepEqual(
      (await ok('logs', 'again')).split('\n').map((line) => line.trim()),
      [first, first, '0'],
    );
  });

  it('runs with runc too', async () => {
    await start('by-runc', 'echo up; sleep 1000', { Runtime: 'runc', NetworkMode: 'bridge' });
    const parent = /PPid:\s+(\d+)/.exec(
      readFileSync(`/proc/${await inspect('by-runc', '{{.State.Pid}}')}/status`, 'utf8'),
    )?.[1];
    assert.match(readFileSync(`/proc/${parent}/cmdline`, 'utf8'), /\/runc\0/);
    assert.match(await ok('exec', 'by-runc', 'cat', '/proc/self/uid_map'), /^0\s+\d{6}/);
    assert.match(await ok('exec', 'by-runc', 'ip', 'addr', 'show', 'eth0'), /inet 172\./);
    assert.equal(await ok('exec', 'by-runc', 'stat', '-c', '%u', '/bin/busybox'), '0');
  });

  it('is refused at creation where something does not go together with it', async () => {
    for (const [host, status, message] of [
      [{ Privileged: true }, 400, /privileged mode is incompatible with user namespaces/],
      [{ NetworkMode: 'host' }, 400, /cannot share the host's network namespace/],
      [{ PidMode: 'host' }, 400, /cannot share the host PID namespace/],
      [{ UsernsMode: 'strange' }, 400, /invalid (?:userns|USER) mode/i],
    ] as const) {
      const answer = await create('refused', 'true', host);
      assert.equal(answer.status, status);
      assert.match(answer.text, message);
    }
    assert.equal((await fixture.daemon.call('/containers/refused/json')).status, 404);
  });
});
