import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { afterEach, describe, it } from 'mocha';
import { useDaemon } from '../support/use-daemon.ts';
import { waitFor } from '../support/wait-for.ts';

describe('docker on volumes', function () {
  this.timeout(30_000);
  const fixture = useDaemon(['busybox']);
  const docker = (...args: string[]) => fixture.daemon.docker(args);
  const ok = (...args: string[]) => fixture.daemon.docker.ok(args);
  const busybox = () => fixture.image('busybox');
  const names = async (...filters: string[]) =>
    (await ok('volume', 'ls', '-q', ...filters.flatMap((filter) => ['-f', filter])))
      .split('\n')
      .filter(Boolean);
  const mounted = async () =>
    (await readFile('/proc/self/mountinfo', 'utf8'))
      .split('\n')
      .filter((line) => line.includes(`${fixture.daemon.dataRoot}/volumes`));

  afterEach(async () => {
    const ids = (await ok('ps', '-aq')).split('\n').filter(Boolean);
    if (ids.length > 0) await ok('rm', '-fv', ...ids);
    for (const name of await names()) await ok('volume', 'rm', name);
    assert.deepEqual(await mounted(), []);
  });

  it('keeps what containers write, also when they are gone', async () => {
    await ok('volume', 'create', '--label', 'team=a', 'data');
    await ok('run', '--rm', '-v', 'data:/d', busybox(), 'sh', '-c', 'echo kept > /d/f');
    assert.equal(await ok('run', '--rm', '-v', 'data:/d:ro', busybox(), 'cat', '/d/f'), 'kept');
    const format = '{{.Name}} {{.Driver}} {{.Scope}} {{.Labels.team}} {{json .Options}}';
    assert.equal(await ok('volume', 'inspect', '-f', format, 'data'), 'data local local a null');
    assert.match(
      await ok('volume', 'inspect', '-f', '{{.CreatedAt}}', 'data'),
      /^\d{4}-\d\d-\d\dT[\d:]{8}Z$/,
    );
  });

  it('lists by name, label, driver, and whether a container has it', async () => {
    await ok('volume', 'create', '--label', 'team=a', 'one');
    await ok('volume', 'create', 'two');
    await ok('create', '-v', 'two:/x', busybox());
    assert.deepEqual(await names('label=team'), ['one']);
    assert.deepEqual(await names('label=team=b'), []);
    assert.deepEqual(await names('name=w'), ['two']);
    assert.deepEqual(await names('dangling=true'), ['one']);
    assert.deepEqual(await names('dangling=0'), ['two']);
    assert.deepEqual(await names('driver=local', 'label=team'), ['one']);
    assert.match((await docker('volume', 'ls', '-f', 'colour=red')).stderr, /invalid filter 'colour'/);
    assert.match(
      (await docker('volume', 'ls', '-f', 'dangling=maybe')).stderr,
      /invalid filter 'dangling=\[maybe\]'/,
    );
  });

  it('mounts a tmpfs for the time that containers use it, over a death of the daemon', async () => {
    await ok('volume', 'create', '-o', 'type=tmpfs', '-o', 'device=tmpfs', '-o', 'o=size=3m,uid=7', 'tm');
    assert.deepEqual(await mounted(), []);
    const id = await ok('run', '-d', '-v', 'tm:/t', busybox(), 'sleep', '300');
    assert.match(
      await ok('exec', id, 'sh', '-c', 'echo x > /t/f; stat -c %u /t; df -k /t | tail -1'),
      /^7\ntmpfs +3072/,
    );
    assert.equal((await mounted()).length, 1);
    await fixture.daemon.kill();
    await fixture.daemon.start();
    assert.equal(await ok('run', '--rm', '-v', 'tm:/t', busybox(), 'ls', '/t'), 'f');
    assert.equal((await mounted()).length, 1);
    await ok('rm', '-f', id);
    assert.deepEqual(await mounted(), []);
  });

  it('shows a directory of the host, and says why a start could not mount', async () => {
    await ok(
      'volume',
      'create',
      '-o',
      'type=none',
      '-o',
      `device=${fixture.daemon.root}`,
      '-o',
      'o=bind',
      'bound',
    );
    assert.match(await ok('run', '--rm', '-v', 'bound:/b', busybox(), 'ls', '/b'), /^s\.sock$/m);
    await ok('volume', 'create', '-o', 'type=none', '-o', 'device=/no/such/place', '-o', 'o=bind', 'lost');
    const failed = await docker('run', '--name', 'never', '-v', 'lost:/b', busybox(), 'true');
    assert.notEqual(failed.code, 0);
    assert.match(failed.stderr, /failed to mount local volume: none of \/no\/such\/place/);
    assert.equal(await ok('inspect', '-f', '{{.State.Status}}', 'never'), 'created');
  });

  it('refuses to remove what a container has, and names the container', async () => {
    const id = await ok('create', '-v', 'used:/d', busybox());
    const refused = await docker('volume', 'rm', '-f', 'used');
    assert.match(refused.stderr, new RegExp(`remove used: volume is in use - \\[${id}\\]`));
    const reply = await fixture.daemon.call('/v1.51/volumes/used', { method: 'DELETE' });
    assert.equal(reply.status, 409);
    await ok('volume', 'rm', '-f', 'nope');
    assert.match((await docker('volume', 'rm', 'nope')).stderr, /get nope: no such volume/);
  });

  it('prunes anonymous volumes, with --all the named ones too, and old clients all', async () => {
    const anonymous = await ok('volume', 'create');
    await ok('volume', 'create', 'named');
    await ok('volume', 'create', '--label', 'keep=1', 'kept');
    assert.match(anonymous, /^[0-9a-f]{64}$/);
    await ok('run', '--rm', '-v', 'named:/d', busybox(), 'sh', '-c', 'head -c 5000 /dev/zero > /d/f');
    assert.match(await ok('volume', 'prune', '-f'), new RegExp(anonymous));
    assert.deepEqual(await names(), ['kept', 'named']);
    const pruned = await ok('volume', 'prune', '-af', '--filter', 'label!=keep');
    assert.match(pruned, /named[^]*Total reclaimed space: 5kB/);
    const reply = await fixture.daemon.call('/v1.41/volumes/prune', { method: 'POST' });
    assert.deepEqual(reply.json(), { VolumesDeleted: ['kept'], SpaceReclaimed: 0 });
  });

  it('removes anonymous volumes with their container by --rm and rm -v, and keeps named ones', async () => {
    await ok('run', '--rm', '-v', '/a', '-v', 'named:/n', busybox(), 'true');
    assert.deepEqual(await names(), ['named']);
    const id = await ok('create', '-v', '/a', '-v', 'named:/n', busybox());
    assert.equal((await names()).length, 2);
    await ok('rm', id);
    assert.equal((await names()).length, 2);
    await ok('rm', '-v', await ok('create', '-v', '/b', busybox()));
    assert.equal((await names()).length, 2);
  });

  const refused: [args: string[], words: RegExp][] = [
    [['a'], /volume name is too short, names should be at least two alphanumeric characters/],
    [['a/b'], /"a\/b" includes invalid characters for a local volume name/],
    [['-d', 'nope', 'xx'], /error looking up volume plugin nope: plugin "nope" not found/],
    [['-o', 'o=bind', 'xx'], /create xx: missing required option: "device"/],
    [['-o', 'colour=red', 'xx'], /create xx: invalid option: "colour"/],
  ];
  for (const [args, words] of refused) {
    it(`refuses to create ${args.join(' ')}`, async () => {
      assert.match((await docker('volume', 'create', ...args)).stderr, words);
      assert.deepEqual(await names(), []);
    });
  }

  it('has no cluster volumes', async () => {
    const body = { Name: 'cluster', ClusterVolumeSpec: {} };
    const made = await fixture.daemon.call('/v1.51/volumes/create', { method: 'POST', body });
    assert.deepEqual([made.status, await names()], [503, []]);
    await ok('volume', 'create', 'plain');
    const changed = await fixture.daemon.call('/v1.51/volumes/plain', { method: 'PUT', body: {} });
    assert.equal(changed.status, 503);
  });

  it('tells of what happens to volumes', async () => {
    const since = String(Date.now() / 1000 - 1);
    await ok('run', '--rm', '-v', 'told:/d:ro', busybox(), 'true');
    await ok('volume', 'rm', 'told');
    const events = async () =>
      (
        await ok(
          'events',
          '--since',
          since,
          '--until',
          String(Date.now() / 1000 + 0.1),
          '--filter',
          'volume=told',
          '--format',
          '{{.Action}}',
        )
      ).split('\n');
    await waitFor('destroy', async () => (await events()).includes('destroy'));
    assert.deepEqual(await events(), ['create', 'mount', 'unmount', 'destroy']);
  });
});
