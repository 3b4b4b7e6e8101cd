import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, it } from 'mocha';
import { run } from '../support/run.ts';
import { useDaemon } from '../support/use-daemon.ts';

describe('mounts of docker run, seen from inside', function () {
  this.timeout(30_000);
  const fixture = useDaemon(['busybox']);
  const ok = (...args: string[]) => fixture.daemon.docker.ok(args);
  /** What a shell inside prints. */
  const inside = (options: string[], script: string) =>
    ok('run', '--rm', ...options, fixture.image('busybox'), 'sh', '-c', script);
  const sleeper = (name: string, ...options: string[]) =>
    ok('run', '-d', '--name', name, ...options, fixture.image('busybox'), 'sleep', '300');

  afterEach(async () => {
    const ids = (await ok('ps', '-aq')).split('\n').filter(Boolean);
    if (ids.length > 0) await ok('rm', '-fv', ...ids);
  });

  it('a volume’s subdirectory, and no way out of the volume', async () => {
    const volume = ['-v', 'vol:/v'];
    await inside(
      volume,
      'mkdir -p /v/a/b; echo deep >/v/a/b/f; ln -s /etc /v/out; ln -s a/b /v/link; mkdir /v/in',
    );
    const sub = (path: string) => ['--mount', `type=volume,source=vol,target=/s,volume-subpath=${path}`];
    assert.equal(await inside(sub('a/b'), 'ls /s'), 'f');
    assert.equal(await inside(sub('link'), 'ls /s'), 'f');
    for (const path of ['out', 'missing']) {
      const { code, stderr } = await fixture.daemon.docker([
        'run',
        '--rm',
        ...sub(path),
        fixture.image('busybox'),
        'ls',
        '/s',
      ]);
      assert.notEqual(code, 0);
      assert.match(stderr, /cannot access path .*: no such file or directory/);
    }
    await ok('volume', 'rm', 'vol');
  });

  it('new volumes get their labels; those of another container are shared, read-only where asked', async () => {
    await sleeper(
      'owner',
      '--mount',
      'type=volume,source=labelled,target=/v,volume-label=a=b',
      '-v',
      '/anon',
    );
    assert.equal(await ok('volume', 'inspect', '-f', '{{.Labels.a}}', 'labelled'), 'b');
    await ok('exec', 'owner', 'touch', '/v/one', '/anon/two');
    assert.equal(
      await inside(['--volumes-from', 'owner'], 'ls /v /anon | tr "\\n" " "'),
      '/anon:\ntwo\n\n/v:\none'.replaceAll('\n', ' '),
    );
    assert.match(await inside(['--volumes-from', 'owner:ro'], 'touch /v/x 2>&1; true'), /Read-only/);
  });

  it('an image, whole and in part, read-only', async () => {
    const image = fixture.image('busybox');
    const body = (options: object) => ({
      Image: image,
      Cmd: ['sh', '-c', 'ls -d /img/bin/sh /img/sh 2>/dev/null; touch /img/x 2>&1'],
      HostConfig: { Mounts: [{ Type: 'image', Source: image, Target: '/img', ...options }] },
    });
    for (const [options, path] of [
      [{}, '/img/bin/sh'],
      [{ ImageOptions: { Subpath: 'bin' } }, '/img/sh'],
    ] as const) {
      const made = await fixture.daemon.call('/containers/create', { method: 'POST', body: body(options) });
      const { Id } = made.json() as { Id: string };
      await ok('start', Id);
      await ok('wait', Id);
      const log = await ok('logs', Id);
      assert.ok(log.includes(path), log);
      assert.match(log, /Read-only file system/);
      assert.equal(await ok('inspect', '-f', '{{(index .Mounts 0).Type}}', Id), 'image');
      await ok('rm', Id);
    }
  });

  it('temporary ones, of a size and a mode', async () => {
    assert.match(
      await inside(['--tmpfs', '/t:size=1m,exec'], 'mount | grep " /t "'),
      /nosuid,nodev,relatime,size=1024k/,
    );
    const mounted = await inside(
      ['--mount', 'type=tmpfs,target=/t,tmpfs-size=1m,tmpfs-mode=1700'],
      'ls -ld /t; df /t | tail -1',
    );
    assert.match(mounted, /^drwx-----T[^]* 1024 /);
  });

  it('host directories: read-only to the bottom, flat, or without what is mounted below', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'strata-bind-'));
    try {
      await mkdir(join(directory, 'below'));
      await run('mount', ['-t', 'tmpfs', 'tmpfs', join(directory, 'below')]);
      await writeFile(join(directory, 'below', 'file'), '');
      await symlink('/etc', join(directory, 'link'));
      const bind = (more: string) => ['--mount', `type=bind,src=${directory},dst=/b${more}`];
      const touch = 'touch /b/below/x 2>&1; ls /b/below';
      assert.match(await inside(bind(',readonly'), touch), /Read-only file system\nfile$/);
      assert.match(await inside(['-v', `${directory}:/b:ro`], touch), /Read-only file system/);
      assert.match(await inside(bind(',readonly,bind-recursive=writable'), touch), /^file\nx$/);
      assert.equal(await inside(bind(',bind-recursive=disabled'), 'ls /b/below'), '');
    } finally {
      await run('umount', ['-l', join(directory, 'below')]);
      await rm(directory, { recursive: true });
    }
  });

  it('what the host mounts later arrives in a slave, and only where the host shares', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'strata-slave-'));
    const propagation = (kind: string) => ['-v', `${directory}:/s:${kind}`];
    try {
      await run('mount', ['--bind', directory, directory]);
      await run('mount', ['--make-private', directory]);
      const refused = await fixture.daemon.docker([
        'run',
        '--rm',
        ...propagation('rslave'),
        fixture.image('busybox'),
        'true',
      ]);
      assert.match(refused.stderr, /is mounted on .* but it is not a shared or slave mount/);
      await run('mount', ['--make-shared', directory]);
      await sleeper('slave', ...propagation('rslave'));
      await mkdir(join(directory, 'late'));
      await run('mount', ['-t', 'tmpfs', 'tmpfs', join(directory, 'late')]);
      await writeFile(join(directory, 'late', 'arrived'), '');
      assert.equal(await ok('exec', 'slave', 'ls', '/s/late'), 'arrived');
    } finally {
      await run('umount', ['-l', join(directory, 'late')]);
      await run('umount', ['-l', directory]);
      await rm(directory, { recursive: true });
    }
  });
});
