import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { readTar } from '../support/archive-fixture.ts';
import { tarArchive } from '../support/tar-archive.ts';
import { makeTempDir, type TempDir } from '../support/temp-dir.ts';
import { useDaemon } from '../support/use-daemon.ts';

describe('docker cp', function () {
  this.timeout(60_000);
  const fixture = useDaemon(['busybox']);
  const docker = (...args: string[]) => fixture.daemon.docker(args);
  const ok = (...args: string[]) => fixture.daemon.docker.ok(args);
  const busybox = () => fixture.image('busybox');
  const tarOf = (...args: string[]) =>
    readTar(
      execFileSync(fixture.daemon.docker.program, args, { env: fixture.daemon.docker.env, maxBuffer: 1e9 }),
    );
  const mounts = () =>
    readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .filter((line) => line.includes(fixture.daemon.root));
  let dir: TempDir;
  const at = (path: string): string => join(dir.path, path);

  before(async () => {
    dir = await makeTempDir();
    mkdirSync(at('src/sub'), { recursive: true });
    writeFileSync(at('src/a'), 'hello');
    symlinkSync('a', at('src/l'));
    writeFileSync(at('src/sub/b'), 'b');
    chmodSync(at('src/sub/b'), 0o4755);
    await ok(
      'run',
      '-d',
      '--name',
      'up',
      '-v',
      'data:/data',
      '-v',
      `${at('src')}:/ro:ro`,
      '--tmpfs',
      '/scratch',
      busybox(),
      'sleep',
      '1000',
    );
    await ok(
      'create',
      '--name',
      'down',
      '-v',
      'data:/data',
      '-v',
      `${at('src')}:/ro:ro`,
      busybox(),
      'sleep',
      '1000',
    );
  });
  after(() => dir[Symbol.asyncDispose]());

  for (const name of ['up', 'down']) {
    it(`copies a directory in and out again (${name})`, async () => {
      await ok('cp', at('src'), `${name}:/tmp/`);
      await ok('cp', `${name}:/tmp/src`, at(`out-${name}`));
      assert.deepEqual(
        readdirSync(at(`out-${name}`), { recursive: true }),
        readdirSync(at('src'), { recursive: true }),
      );
      assert.equal(readFileSync(at(`out-${name}/a`), 'utf8'), 'hello');
      assert.equal(readlinkSync(at(`out-${name}/l`)), 'a');
      assert.equal(statSync(at(`out-${name}/sub/b`)).mode & 0o7777, 0o4755);
      await ok('cp', `${name}:/tmp/src/.`, at('flat'));
      assert.deepEqual(readdirSync(at('flat')).sort(), ['a', 'l', 'sub']);
    });

    it(`copies single files, under new names and through symlinks (${name})`, async () => {
      await ok('cp', at('src/a'), `${name}:/tmp/renamed`);
      await ok('cp', `${name}:/tmp/renamed`, at('back'));
      assert.equal(readFileSync(at('back'), 'utf8'), 'hello');
      await ok('cp', `${name}:/ro/l`, at(`link-${name}`));
      assert.equal(readlinkSync(at(`link-${name}`)), 'a');
      await ok('cp', '-L', `${name}:/ro/l`, at(`followed-${name}`));
      assert.equal(readFileSync(at(`followed-${name}`), 'utf8'), 'hello');
    });

    it(`sees volumes, binds and the files of the engine (${name})`, async () => {
      await ok('cp', at('src/a'), `${name}:/data/from-${name}`);
      const copied = await docker('cp', `${name}:/data/.`, '-');
      assert.ok(copied.stdout.includes(`from-${name}`));
      assert.ok((await docker('cp', `${name}:/etc/hosts`, '-')).stdout.includes('localhost'));
      assert.ok((await docker('cp', `${name}:/ro/a`, '-')).stdout.includes('hello'));
    });

    it(`refuses a read-only volume and what is not there (${name})`, async () => {
      assert.match(
        (await docker('cp', at('src/a'), `${name}:/ro/x`)).stderr,
        /mounted volume is marked read-only/,
      );
      assert.match(
        (await docker('cp', `${name}:/nope`, '-')).stderr,
        new RegExp(
          `Could not find the file /nope in container ${name}|No such container:path: ${name}:/nope`,
        ),
      );
      assert.match(
        (await docker('cp', at('src/a'), `${name}:/nope/x`)).stderr,
        /Could not find the file \/nope/,
      );
      assert.match((await docker('cp', at('src'), `${name}:/etc/passwd`)).stderr, /directory/);
    });

    it(`copies the whole root without the kernel’s file systems (${name})`, async () => {
      const names = tarOf('cp', `${name}:/`, '-').map((entry) => entry.name);
      const below = names.filter((path) => /^\/(?:proc|sys|dev)\/./.test(path));
      assert.deepEqual(below, []);
      assert.ok(names.includes('/data/from-up') && names.includes('/bin/busybox'));
    });
  }

  it('a stopped container starts with what was copied, and keeps its volumes', async () => {
    assert.equal(
      mounts().filter((line) => line.startsWith('overlay')).length,
      1,
      'only the running one is mounted',
    );
    await ok('start', 'down');
    assert.equal(await ok('exec', 'down', 'cat', '/tmp/renamed', '/data/from-down'), 'hellohello');
    await ok('stop', '-t', '0', 'down');
  });

  it('what is mounted is never replaced, and not emptied either', async () => {
    const body = tarArchive([{ name: 'hosts', content: 'x' }]);
    const put = (path: string, archive: Buffer) =>
      fixture.daemon.call(`/containers/up/archive?path=${path}`, { method: 'PUT', body: archive });
    const before = await ok('exec', 'up', 'cat', '/etc/hosts', '/proc/mounts');
    assert.equal((await put('/etc', body)).status, 409);
    assert.equal(
      (await put('/', tarArchive([{ name: 'data', content: 'no directory any more' }]))).status,
      409,
    );
    assert.equal(await ok('exec', 'up', 'cat', '/etc/hosts', '/proc/mounts'), before);
    assert.equal(await ok('exec', 'up', 'cat', '/data/from-up'), 'hello');
  });

  it('copies from and to a tmpfs of a running container', async () => {
    await ok('cp', at('src/a'), 'up:/scratch/a');
    assert.equal(await ok('exec', 'up', 'cat', '/scratch/a'), 'hello');
  });

  it('copies from a paused container', async () => {
    await ok('pause', 'up');
    assert.ok((await docker('cp', 'up:/tmp/renamed', '-')).stdout.includes('hello'));
    await ok('unpause', 'up');
  });

  it('-a gives files to the container’s user', async () => {
    await ok('create', '--name', 'user', '--user', '12:34', busybox());
    await ok('cp', '-a', at('src/a'), 'user:/tmp/a');
    assert.match(
      execFileSync('tar', ['tv', '--numeric-owner'], {
        input: (await docker('cp', 'user:/tmp/a', '-')).stdout,
        encoding: 'utf8',
      }),
      /12\/34/,
    );
  });

  it('a read-only root refuses, its volumes do not', async () => {
    await ok('create', '--name', 'ro', '--read-only', '-v', '/w', busybox());
    assert.match(
      (await docker('cp', at('src/a'), 'ro:/tmp/')).stderr,
      /container rootfs is marked read-only/,
    );
    await ok('cp', at('src/a'), 'ro:/w/');
  });

  const put = (container: string, path: string, body: Buffer) =>
    fixture.daemon.call(`/containers/${container}/archive?path=${path}`, { method: 'PUT', body });

  it('answers in Docker’s codes', async () => {
    const call = (path: string, method = 'GET') => fixture.daemon.call(`/containers/${path}`, { method });
    assert.equal((await call('nope/archive?path=/')).status, 404);
    assert.equal((await call('up/archive?path=/nope', 'HEAD')).status, 404);
    assert.equal((await call('up/archive')).status, 400);
    assert.equal((await call('up/archive?path=/etc/passwd/')).status, 400);
    assert.equal((await put('ro', '/tmp', tarArchive([]))).status, 403);
    assert.equal((await put('up', '/etc/passwd', tarArchive([]))).status, 400);
    assert.equal((await put('up', '/tmp', Buffer.from('no tar at all'))).status, 400);
    const stat = await call('up/archive?path=/ro/l', 'HEAD');
    const header = String(stat.headers['x-docker-container-path-stat']);
    const { name, size, mode, linkTarget } = JSON.parse(Buffer.from(header, 'base64').toString()) as Record<
      string,
      unknown
    >;
    assert.deepEqual([name, size, mode, linkTarget], ['l', 1, 0o777 + 2 ** 27, '/ro/a']);
  });

  it('tells of copies in events', async () => {
    const since = String(Math.floor(Date.now() / 1000));
    await docker('cp', 'up:/etc/hosts', '-');
    await ok('cp', at('src/a'), 'up:/tmp/a');
    await docker('export', 'up');
    const events = await ok(
      'events',
      '--since',
      since,
      '--until',
      String(Math.ceil(Date.now() / 1000) + 1),
      '--format',
      '{{.Action}} {{.Actor.Attributes.name}}',
    );
    for (const action of ['archive-path', 'extract-to-dir', 'export'])
      assert.match(events, new RegExp(`^${action} up$`, 'm'));
  });

  it('names that are no UTF-8 are copied by their bytes', async () => {
    const name = Buffer.from('caf\xe9', 'latin1');
    assert.equal((await put('up', '/tmp', tarArchive([{ name, content: 'latin' }]))).status, 200);
    const reply = await fixture.daemon.call('/containers/up/archive?path=/tmp/caf%E9');
    assert.equal(reply.status, 200);
    assert.ok(
      tarOf('export', 'up').some((entry) => entry.name === 'tmp/caf\xe9' && entry.content === 'latin'),
    );
  });
});
