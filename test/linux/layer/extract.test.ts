import assert from 'node:assert/strict';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import { readXattrs } from '../../../backend/linux/xattr.ts';
import { archiveFixture, type ArchiveFixture } from '../../support/archive-fixture.ts';
import { tarArchive, type ArchiveEntry } from '../../support/tar-archive.ts';
import { makeTempDir, type TempDir } from '../../support/temp-dir.ts';

interface Hostile {
  entries: ArchiveEntry[];
  message: RegExp;
}

/** Extracted to /dst of a root that has /secret and a symlink /dst/out that leads to it. */
const HOSTILE: Readonly<Record<string, Hostile>> = {
  'a path that leads out': {
    entries: [{ name: '../secret/x' }],
    message: /"\.\.\/secret\/x": it would lie outside/,
  },
  'a path that leads out later': { entries: [{ name: 'a/../../secret/x' }], message: /outside/ },
  'a symlink and a file below it': {
    entries: [
      { name: 'l', type: '2', link: '/secret' },
      { name: 'l/file', content: 'evil' },
    ],
    message: /"l\/file": it lies below "l", a symlink of the same archive/,
  },
  'a relative symlink and a file below it': {
    entries: [
      { name: 'l', type: '2', link: '../secret' },
      { name: 'l/file', content: 'evil' },
    ],
    message: /symlink of the same archive/,
  },
  'a chain of symlinks and a file below it': {
    entries: [
      { name: 'a', type: '2', link: '..' },
      { name: 'b', type: '2', link: 'a/secret' },
      { name: 'b/file', content: 'evil' },
    ],
    message: /symlink of the same archive/,
  },
  'a hard link that leads out': {
    entries: [{ name: 'h', type: '1', link: '../secret/file' }],
    message: /"h": its link target would lie outside/,
  },
  'a hard link through a symlink of its own': {
    entries: [
      { name: 'l', type: '2', link: '/secret' },
      { name: 'h', type: '1', link: 'l/file' },
    ],
    message: /symlink of the same archive/,
  },
  'a hard link to what is not there': {
    entries: [{ name: 'h', type: '1', link: 'nope' }],
    message: /"h": ENOENT/,
  },
  'a whiteout device': {
    entries: [{ name: 'n', type: '3', device: [0x1fff, 0] }],
    message: /no such device number/,
  },
  'a sparse file of an exabyte': {
    entries: [{ name: 'huge', pax: { 'GNU.sparse.map': '0,0', 'GNU.sparse.size': '1000000000000000' } }],
    message: /"huge"/,
  },
  'a name that is too long': {
    entries: [{ name: 'n', pax: { path: 'n'.repeat(300) } }],
    message: /ENAMETOOLONG/,
  },
  'a zero byte in a name': { entries: [{ name: 'n', pax: { path: 'a\0b' } }], message: /zero byte/ },
  'a file in the place of the target': {
    entries: [{ name: '.', type: '0' }],
    message: /cannot take the place/,
  },
  'a type that nobody knows': { entries: [{ name: 'x', type: 'Z' }], message: /unknown type/ },
  'an id that no file can have': {
    entries: [{ name: 'x', pax: { uid: '4294967295' } }],
    message: /uid 4294967295 is out of range/,
  },
};

describe('extracting an archive to a stranger’s tree', () => {
  let fixture: ArchiveFixture;
  let dir: TempDir;
  before(() => {
    fixture = archiveFixture();
  });
  after(() => fixture[Symbol.asyncDispose]());
  beforeEach(async () => {
    dir = await makeTempDir();
    for (const name of ['dst', 'secret', 'dst/real']) mkdirSync(join(dir.path, name));
    writeFileSync(join(dir.path, 'secret/file'), 'precious');
  });
  afterEach(() => dir[Symbol.asyncDispose]());

  const at = (path: string): string => join(dir.path, path);
  const view = () => ({ kind: 'directory', path: dir.path }) as const;
  const unpack = (entries: ArchiveEntry[], more = {}) =>
    fixture.unpack(view(), tarArchive(entries), { path: '/dst', ...more });

  for (const [what, { entries, message }] of Object.entries(HOSTILE))
    it(`refuses ${what}, and touches nothing else`, async () => {
      await assert.rejects(unpack(entries), (error: Error & { code: string }) => {
        assert.equal(error.code, 'invalid-argument', error.message);
        assert.match(error.message, message);
        return true;
      });
      assert.deepEqual(readdirSync(at('secret')), ['file']);
      assert.equal(readFileSync(at('secret/file'), 'utf8'), 'precious');
      assert.equal(statSync(at('secret/file')).nlink, 1);
      assert.deepEqual(readdirSync(dir.path).sort(), ['dst', 'secret']);
    });

  it('takes an absolute name from the target', async () => {
    await unpack([{ name: '/etc/x', content: 'x' }]);
    assert.equal(readFileSync(at('dst/etc/x'), 'utf8'), 'x');
  });

  it('follows symlinks that were there, inside the root', async () => {
    symlinkSync('/secret', at('dst/out'));
    symlinkSync('../../../../../../secret', at('dst/up'));
    await unpack([
      { name: 'out/a', content: 'a' },
      { name: 'up/b', content: 'b' },
    ]);
    assert.deepEqual(readdirSync(at('secret')).sort(), ['a', 'b', 'file']);
  });

  it('replaces a symlink in the place of a file, and does not write through it', async () => {
    symlinkSync('/secret/file', at('dst/f'));
    await unpack([{ name: 'f', content: 'mine' }]);
    assert.equal(readFileSync(at('secret/file'), 'utf8'), 'precious');
    assert.equal(readFileSync(at('dst/f'), 'utf8'), 'mine');
  });

  it('names of whiteouts are names', async () => {
    await unpack([{ name: '.wh.real', content: 'x' }, { name: '.wh..wh..opq' }]);
    assert.deepEqual(readdirSync(at('dst')).sort(), ['.wh..wh..opq', '.wh.real', 'real']);
  });

  it('a directory and something else give way to one another, unless that is forbidden', async () => {
    writeFileSync(at('dst/real/x'), '');
    writeFileSync(at('dst/plain'), '');
    const swap: ArchiveEntry[] = [
      { name: 'real', content: 'file now' },
      { name: 'plain', type: '5' },
    ];
    const forbidding = { noOverwriteDirNonDir: true };
    await assert.rejects(
      unpack(swap, forbidding),
      /cannot overwrite directory "\/dst\/real" with non-directory "\/dst"/,
    );
    await assert.rejects(
      unpack(swap.slice(1), forbidding),
      /cannot overwrite non-directory "\/dst\/plain" with directory/,
    );
    assert.ok(statSync(at('dst/real')).isDirectory());
    await unpack(swap);
    assert.equal(readFileSync(at('dst/real'), 'utf8'), 'file now');
    assert.ok(statSync(at('dst/plain')).isDirectory());
  });

  it('keeps owners, modes, times, links, devices, FIFOs and attributes', async () => {
    const mtime = { mtime: '1600000000.123456789' };
    await unpack([
      { name: 'd/', type: '5', mode: 0o2750, uid: 5, gid: 6, pax: mtime },
      {
        name: 'd/suid',
        mode: 0o4755,
        uid: 7,
        gid: 8,
        content: 'x',
        pax: { ...mtime, 'SCHILY.xattr.user.k': 'v' },
      },
      { name: 'd/hard', type: '1', link: 'd/suid' },
      { name: 'd/sym', type: '2', link: '../secret', uid: 9 },
      { name: 'd/fifo', type: '6', mode: 0o622 },
      { name: 'd/null', type: '3', device: [1, 3], mode: 0o666 },
      { name: Buffer.from('d/\xff\xfe', 'latin1'), content: 'bytes' },
    ]);
    const directory = lstatSync(at('dst/d'), { bigint: true });
    assert.deepEqual([directory.mode & 0o7777n, directory.uid, directory.gid], [0o2750n, 5n, 6n]);
    assert.equal(directory.mtimeNs, 1600000000123456789n);
    const suid = lstatSync(at('dst/d/suid'), { bigint: true });
    assert.deepEqual([suid.mode & 0o7777n, suid.uid, suid.gid, suid.nlink], [0o4755n, 7n, 8n, 2n]);
    assert.equal(suid.mtimeNs, 1600000000123456789n);
    assert.equal(
      readXattrs(Buffer.from(at('dst/d/suid')))
        .get('user.k')
        ?.toString(),
      'v',
    );
    assert.equal(readlinkSync(at('dst/d/sym')), '../secret');
    assert.equal(lstatSync(at('dst/d/sym')).uid, 9);
    assert.ok(lstatSync(at('dst/d/fifo')).isFIFO());
    assert.equal(lstatSync(at('dst/d/null')).rdev, 0x103);
    assert.ok(readdirSync(at('dst/d'), 'latin1').includes('\xff\xfe'));
  });

  it('maps ids to the host, and refuses those that the container does not have', async () => {
    const mapping = { hostId: 100_000, size: 1000 };
    await unpack([{ name: 'new/f', uid: 3, gid: 999 }], { mapping });
    const { uid, gid } = statSync(at('dst/new/f'));
    assert.deepEqual([uid, gid, statSync(at('dst/new')).uid], [100_003, 100_999, 100_000]);
    await assert.rejects(unpack([{ name: 'g', uid: 1000 }], { mapping }), /ID 1000 cannot be mapped/);
  });

  it('gives everything to one owner where that is asked for', async () => {
    await unpack([{ name: 'f', uid: 3, gid: 4 }], { owner: { uid: 33, gid: 44 } });
    const { uid, gid } = statSync(at('dst/f'));
    assert.deepEqual([uid, gid], [33, 44]);
  });

  it('a sparse file stays sparse', async () => {
    const pax = { 'GNU.sparse.map': '1000000,3', 'GNU.sparse.size': '1073741824' };
    await unpack([{ name: 's', content: 'abc', pax }]);
    const { size, blocks } = statSync(at('dst/s'));
    assert.equal(size, 2 ** 30);
    assert.ok(blocks < 100, `${blocks} blocks`);
  });

  it('takes gzip and zstd, in pieces of any size', async () => {
    const archive = tarArchive([
      { name: 'a', content: 'one' },
      { name: 'b', content: 'two' },
    ]);
    for (const bytes of [archive, gzipSync(archive), zstdCompressSync(archive)]) {
      const pieces = Readable.from(Array.from(bytes, (byte) => Buffer.from([byte])));
      await fixture.unpack(view(), pieces, { path: '/dst' });
      assert.equal(readFileSync(at('dst/b'), 'utf8'), 'two');
    }
  });

  it('says what is wrong with a stream', async () => {
    const whole = tarArchive([{ name: 'a', content: 'x'.repeat(2000) }]);
    const wrong: [Buffer, RegExp][] = [
      [Buffer.from('no tar'), /the archive is empty or no tar archive/],
      [Buffer.alloc(1024, 'x'), /checksum/],
      [whole.subarray(0, 1000), /archive entry "a": the archive ends within/],
      [gzipSync(whole).subarray(0, 40), /archive is damaged/],
      [Buffer.concat([Buffer.from('BZh9'), whole]), /bzip2 does not belong in one that is compressed too/],
    ];
    for (const [bytes, message] of wrong)
      await assert.rejects(fixture.unpack(view(), bytes, { path: '/dst' }), {
        code: 'invalid-argument',
        message,
      });
    await fixture.unpack(view(), Buffer.alloc(0), { path: '/dst' }).catch((error: Error) => {
      throw new Error(`an empty archive is one: ${error.message}`);
    });
  });

  it('refuses a target that is missing, no directory, or read-only', async () => {
    const one = [{ name: 'a' }];
    await assert.rejects(unpack(one, { path: '/nope' }), { code: 'not-found' });
    await assert.rejects(unpack(one, { path: '/secret/file' }), /extraction point is not a directory/);
    await assert.rejects(unpack(one, { readOnlyRootfs: true }), /container rootfs is marked read-only/);
    const mounts = [{ destination: '/dst', readOnly: true }];
    await assert.rejects(unpack(one, { mounts }), {
      code: 'forbidden',
      message: /mounted volume is marked read-only/,
    });
    await unpack(one, { readOnlyRootfs: true, mounts: [{ destination: '/dst', readOnly: false }] });
  });
});
