import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import {
  chmod,
  chown,
  link,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { silentLogger } from '../../../backend/base/logger.ts';
import { readXattrs, setXattr } from '../../../backend/linux/xattr.ts';
import { createLayout, type Layout } from '../../../backend/store/layout.ts';
import { openRecords, type Records } from '../../../backend/store/records.ts';
import { createVolumes } from '../../../backend/volume/create-volumes.ts';
import type { Volumes } from '../../../backend/volume/volumes.ts';
import { runOk } from '../../support/run.ts';
import { makeTempDir, type TempDir } from '../../support/temp-dir.ts';

describe('volumes', () => {
  let dir: TempDir;
  let layout: Layout;
  let records: Records;
  let volumes: Volumes;
  let rootfs: string;

  beforeEach(async () => {
    dir = await makeTempDir();
    layout = createLayout(join(dir.path, 'data'), join(dir.path, 'run'));
    rootfs = join(dir.path, 'rootfs');
    await mkdir(layout.dataRoot);
    await mkdir(join(rootfs, 'data'), { recursive: true });
    start();
  });
  afterEach(async () => {
    records[Symbol.dispose]();
    await dir[Symbol.asyncDispose]();
  });

  function start(): void {
    records = openRecords(layout.database);
    volumes = createVolumes({ layout, records, logger: silentLogger });
  }
  function restart(): void {
    records[Symbol.dispose]();
    start();
  }

  describe('names', () => {
    for (const bad of ['', 'a', '.hidden', '-x', '../up', 'a/b', 'a b', 'ü1', 'x'.repeat(256), 'a\0b']) {
      it(`refuses ${JSON.stringify(bad.slice(0, 20))}`, async () => {
        await assert.rejects(volumes.ensure(bad), { code: 'invalid-argument' });
        assert.deepEqual(await readdir(layout.volumes), []);
      });
    }

    it('are 64 hexadecimal digits for an anonymous volume', async () => {
      const { name, anonymous } = await volumes.ensure(null);
      assert.match(name, /^[0-9a-f]{64}$/);
      assert.equal(anonymous, true);
    });
  });

  it('returns the known volume, with the labels that it was made with', async () => {
    const made = await volumes.ensure('db.data', { a: '1' });
    assert.deepEqual(await volumes.ensure('db.data', { b: '2' }), made);
    assert.deepEqual(volumes.list(), [made]);
    restart();
    assert.deepEqual(volumes.get('db.data'), made);
  });

  it('makes a directory that every user may enter, whatever the umask', async () => {
    const before = process.umask(0o077);
    try {
      const { mountpoint } = await volumes.ensure('open');
      assert.equal((await stat(mountpoint)).mode & 0o777, 0o755);
      assert.equal((await stat(layout.volume('open'))).mode & 0o777, 0o711);
    } finally {
      process.umask(before);
    }
  });

  it('does not know a volume that was never made', async () => {
    assert.throws(() => volumes.get('nope'), { code: 'not-found' });
    await assert.rejects(volumes.remove('nope'), { code: 'not-found' });
    await assert.rejects(volumes.copyUp('nope', { rootfs, pathInside: '/data' }), { code: 'not-found' });
  });

  it('removes a volume with what it holds, and nothing that a link in it points to', async () => {
    const { mountpoint } = await volumes.ensure('gone');
    const outside = join(dir.path, 'outside');
    await writeFile(outside, 'kept');
    await symlink(dir.path, join(mountpoint, 'link'));
    await volumes.remove('gone');
    assert.deepEqual([await readdir(layout.volumes), await readdir(layout.tmp)], [[], []]);
    assert.equal(await readFile(outside, 'utf8'), 'kept');
    assert.throws(() => volumes.get('gone'), { code: 'not-found' });
  });

  describe('copy-up', () => {
    it('keeps owners, modes, times, links, holes, devices, capabilities and names of any bytes', async () => {
      const source = join(rootfs, 'data');
      const file = join(source, 'file');
      await writeFile(file, 'text');
      await chown(file, 1234, 5678);
      await chmod(file, 0o4751);
      setXattr(Buffer.from(file), Buffer.from('user.colour'), Buffer.from('blue'));
      // cap_net_bind_service, as a version 2 capability.
      const capability = Buffer.from('0100000200040000000000000000000000000000', 'hex');
      setXattr(Buffer.from(file), Buffer.from('security.capability'), capability);
      await utimes(file, 1_000_000_000.25, 1_000_000_001.5);
      await link(file, join(source, 'hard'));
      await symlink('/etc/passwd', join(source, 'soft'));
      await runOk('mknod', [join(source, 'null'), 'c', '1', '3']);
      await runOk('truncate', ['-s', '64M', join(source, 'sparse')]);
      await writeFile(Buffer.concat([Buffer.from(`${source}/`), Buffer.from([0xff, 0xfe])]), '');
      await chown(source, 99, 98);
      await chmod(source, 0o1770);

      const { mountpoint } = await volumes.ensure('vol');
      await volumes.copyUp('vol', { rootfs, pathInside: '/data' });

      const copied = await stat(join(mountpoint, 'file'));
      assert.deepEqual(
        [copied.uid, copied.gid, copied.mode & 0o7777, copied.mtimeMs, copied.nlink],
        [1234, 5678, 0o4751, 1_000_000_001_500, 2],
      );
      assert.equal(copied.ino, (await stat(join(mountpoint, 'hard'))).ino);
      const xattrs = readXattrs(Buffer.from(join(mountpoint, 'file')));
      assert.equal(xattrs.get('user.colour')?.toString(), 'blue');
      assert.deepEqual(xattrs.get('security.capability'), capability);
      assert.equal(await runOk('readlink', [join(mountpoint, 'soft')]), '/etc/passwd\n');
      assert.equal(
        await runOk('stat', ['-c', '%F %t:%T', join(mountpoint, 'null')]),
        'character special file 1:3\n',
      );
      assert.ok((await stat(join(mountpoint, 'sparse'))).blocks < 100);
      const names = await readdir(mountpoint, { encoding: 'buffer' });
      assert.ok(names.some((name) => name.equals(Buffer.from([0xff, 0xfe]))));
      const root = await stat(mountpoint);
      assert.deepEqual([root.uid, root.gid, root.mode & 0o7777], [99, 98, 0o1770]);
      assert.deepEqual(await readdir(layout.volume('vol')), ['_data']);
    });

    it('takes over owner and mode of an empty directory too', async () => {
      await chown(join(rootfs, 'data'), 70, 70);
      await chmod(join(rootfs, 'data'), 0o700);
      const { mountpoint } = await volumes.ensure('vol');
      await volumes.copyUp('vol', { rootfs, pathInside: '/data' });
      const { uid, mode } = await stat(mountpoint);
      assert.deepEqual([uid, mode & 0o7777], [70, 0o700]);
    });

    it('leaves a volume alone that holds anything', async () => {
      await writeFile(join(rootfs, 'data', 'new'), '');
      const { mountpoint } = await volumes.ensure('vol');
      await writeFile(join(mountpoint, 'old'), '');
      await volumes.copyUp('vol', { rootfs, pathInside: '/data' });
      assert.deepEqual(await readdir(mountpoint), ['old']);
    });

    it('does nothing where the image has no such path, and refuses what is no directory', async () => {
      await writeFile(join(rootfs, 'file'), '');
      const { mountpoint } = await volumes.ensure('vol');
      await volumes.copyUp('vol', { rootfs, pathInside: '/not/there' });
      await assert.rejects(volumes.copyUp('vol', { rootfs, pathInside: '/file' }), {
        code: 'invalid-argument',
      });
      assert.deepEqual(await readdir(mountpoint), []);
    });

    it('keeps the directory that a running container has mounted', async () => {
      await writeFile(join(rootfs, 'data', 'f'), '');
      const { mountpoint } = await volumes.ensure('vol');
      const { ino } = await stat(mountpoint);
      await volumes.copyUp('vol', { rootfs, pathInside: '/data' });
      assert.equal((await stat(mountpoint)).ino, ino);
    });

    it('fills a volume once when two containers start with it', async () => {
      await writeFile(join(rootfs, 'data', 'f'), 'first');
      const { mountpoint } = await volumes.ensure('vol');
      await Promise.all([
        volumes.copyUp('vol', { rootfs, pathInside: '/data' }),
        volumes.copyUp('vol', { rootfs, pathInside: '/data' }),
      ]);
      assert.deepEqual(await readdir(mountpoint), ['f']);
    });

    it('follows no symlink out of the image', async () => {
      const secret = join(dir.path, 'secret');
      await mkdir(secret);
      await writeFile(join(secret, 'key'), 'secret');
      await symlink(secret, join(rootfs, 'absolute'));
      await symlink('../../../../../../../../..' + secret, join(rootfs, 'relative'));
      await symlink('/proc/self/root', join(rootfs, 'magic'));
      for (const path of ['/absolute', '/relative', `/magic${secret}`, `/../../../../../../..${secret}`]) {
        const { name, mountpoint } = await volumes.ensure(null);
        await volumes.copyUp(name, { rootfs, pathInside: path });
        assert.deepEqual(await readdir(mountpoint), [], path);
      }
    });

    it('follows a symlink that stays inside', async () => {
      await writeFile(join(rootfs, 'data', 'f'), '');
      await symlink('/data', join(rootfs, 'var'));
      const { mountpoint } = await volumes.ensure('vol');
      await volumes.copyUp('vol', { rootfs, pathInside: '/var' });
      assert.deepEqual(await readdir(mountpoint), ['f']);
    });
  });

  describe('after a crash', () => {
    it('throws a half copy away', async () => {
      const { mountpoint } = await volumes.ensure('vol');
      const half = join(layout.volume('vol'), '_copy');
      await mkdir(half);
      await writeFile(join(half, 'half'), '');
      restart();
      assert.deepEqual(await readdir(mountpoint), []);
      assert.equal(existsSync(half), false);
    });

    it('finishes a whole copy that was being moved', async () => {
      const { mountpoint } = await volumes.ensure('vol');
      const ready = join(layout.volume('vol'), '_ready');
      await mkdir(join(ready, 'second'), { recursive: true });
      await chmod(ready, 0o750);
      await writeFile(join(mountpoint, 'first'), '');
      restart();
      assert.deepEqual((await readdir(mountpoint)).toSorted(), ['first', 'second']);
      assert.equal((await stat(mountpoint)).mode & 0o777, 0o750);
      assert.deepEqual(await readdir(layout.volume('vol')), ['_data']);
    });

    it('removes an empty directory without a record and keeps one that holds data', async () => {
      await mkdir(join(layout.volume('empty'), '_data'), { recursive: true });
      await mkdir(join(layout.volume('full'), '_data', 'x'), { recursive: true });
      restart();
      assert.deepEqual(await readdir(layout.volumes), ['full']);
      assert.deepEqual(
        volumes.list().map(({ name }) => name),
        ['full'],
      );
    });

    it('makes the directory of a known volume again', async () => {
      const { mountpoint } = await volumes.ensure('vol');
      await rm(layout.volume('vol'), { recursive: true });
      restart();
      await volumes.ensure('vol');
      assert.equal(existsSync(mountpoint), true);
    });
  });
});
