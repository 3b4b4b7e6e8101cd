import assert from 'node:assert/strict';
import { TarReader } from '../../../../backend/layer/tar/tar-reader.ts';
import type { TarEntry } from '../../../../backend/layer/tar/tar-entry.ts';
import {
  archiveEntry,
  base256,
  extension,
  octal,
  padded,
  paxRecord,
  tarArchive,
  type ArchiveEntry,
} from '../../../support/tar-archive.ts';

interface ReadEntry extends TarEntry {
  content: { offset: number; bytes: string }[];
}

function readArchive(archive: Buffer, pieceSize = archive.length): ReadEntry[] {
  const entries: ReadEntry[] = [];
  const reader = new TarReader(
    {
      entry: (entry) => void entries.push({ ...entry, content: [] }),
      content: (bytes, offset) => {
        const pieces = entries.at(-1)?.content ?? [];
        const last = pieces.at(-1);
        // Pieces that touch each other are joined: how they were cut says nothing.
        if (last && last.offset + last.bytes.length === offset) last.bytes += bytes.toString('latin1');
        else pieces.push({ offset, bytes: bytes.toString('latin1') });
      },
      endOfEntry: () => undefined,
    },
    { maxHeaderBytes: 8192 },
  );
  for (let at = 0; at < archive.length; at += pieceSize) reader.push(archive.subarray(at, at + pieceSize));
  reader.end();
  return entries;
}

const read = (...entries: ArchiveEntry[]): ReadEntry[] => readArchive(tarArchive(entries));
const one = (...entries: ArchiveEntry[]): ReadEntry | undefined => read(...entries)[0];

describe('tar reader', () => {
  it('reads the same whatever pieces the archive comes in', () => {
    const archive = tarArchive([
      { name: 'a', content: 'x'.repeat(1300), pax: { mtime: '5.5', 'SCHILY.xattr.user.k': 'v' } },
      { name: 'b', type: '5' },
      { name: 's', content: 'abcd', pax: { 'GNU.sparse.map': '10,2,100,2', 'GNU.sparse.size': '512' } },
    ]);
    const whole = readArchive(archive);
    assert.equal(whole.length, 3);
    for (const size of [1, 7, 511, 512, 513, 2000]) assert.deepEqual(readArchive(archive, size), whole);
  });

  it('joins the prefix of POSIX names and leaves that of GNU headers alone', () => {
    const patch = (block: Buffer): void => void block.write('prefix/dir', 345);
    assert.equal(one({ name: 'f', patch })?.name, 'prefix/dir/f');
    assert.equal(one({ name: 'f', patch, magic: 'gnu' })?.name, 'f');
  });

  it('reads base-256 numbers, negative ones too', () => {
    const patch = (block: Buffer): void => {
      base256(block, 4_000_000_000n, 108, 8);
      base256(block, -86_400n, 136, 12);
    };
    const entry = one({ name: 'f', patch });
    assert.equal(entry?.uid, 4_000_000_000);
    assert.deepEqual(entry?.mtime, { seconds: -86_400, nanoseconds: 0 });
  });

  it('takes long names and targets from GNU entries', () => {
    const name = `${'d/'.repeat(100)}f`;
    const link = 'l'.repeat(300);
    const entry = one(extension('L', Buffer.from(`${name}\0`)), extension('K', Buffer.from(`${link}\0`)), {
      name: 'short',
      type: '2',
      link: 'short',
    });
    assert.deepEqual([entry?.name, entry?.linkName], [name, link]);
    assert.equal(
      read(extension('L', Buffer.from(`${name}\0`)), { name: 'x' }, { name: 'next' })[1]?.name,
      'next',
    );
  });

  it('lets a PAX header win over all others, for one entry', () => {
    const global = extension('g', Buffer.concat([paxRecord('uid', '7'), paxRecord('gid', '8')]));
    const [first, second] = read(
      global,
      { name: 'f', pax: { path: 'p'.repeat(200), uid: '3000000', mtime: '-0.5', linkpath: 'l' } },
      { name: 'g' },
    );
    assert.deepEqual([first?.name, first?.uid, first?.gid], ['p'.repeat(200), 3_000_000, 8]);
    assert.deepEqual(first?.mtime, { seconds: -1, nanoseconds: 500_000_000 });
    assert.deepEqual([second?.name, second?.uid], ['g', 7]);
  });

  it('takes the size from a PAX header', () => {
    const archive = Buffer.concat([
      archiveEntry({ ...extension('x', paxRecord('size', '5')), name: 'pax' }),
      archiveEntry({ name: 'f', size: 0 }),
      padded(Buffer.from('12345')),
      Buffer.alloc(1024),
    ]);
    assert.deepEqual(readArchive(archive)[0]?.content, [{ offset: 0, bytes: '12345' }]);
  });

  it('keeps names and values as bytes, with newlines, zeros and what is no UTF-8', () => {
    const value = Buffer.from('\0\n\xff=\x01', 'latin1');
    const entry = one({
      name: 'f',
      pax: {
        path: Buffer.from('n\xe9\n=x', 'latin1'),
        'SCHILY.xattr.user.k=': '',
        'SCHILY.xattr.user.k': value,
      },
    });
    assert.equal(entry?.name, 'n\xe9\n=x');
    assert.deepEqual(entry?.xattrs.get('user.k'), value);
  });

  it('reads each format of sparse files', () => {
    const expected = [
      { offset: 100, bytes: 'abc' },
      { offset: 1000, bytes: 'de' },
    ];
    const map = padded(Buffer.from('2\n100\n3\n1000\n2\n'));
    const old = (block: Buffer): void => {
      [100, 3, 1000, 2].forEach((value, at) => octal(block, value, 386 + at * 12, 12));
      octal(block, 2000, 483, 12);
    };
    const repeated = ['offset', '100', 'numbytes', '3', 'offset', '1000', 'numbytes', '2'];
    const records = [paxRecord('GNU.sparse.size', '2000')];
    for (let at = 0; at < repeated.length; at += 2)
      records.push(paxRecord(`GNU.sparse.${repeated[at]}`, repeated[at + 1] ?? ''));
    const variants: ArchiveEntry[][] = [
      [{ name: 's', type: 'S', content: 'abcde', patch: old, magic: 'gnu' }],
      [extension('x', Buffer.concat(records)), { name: 's', content: 'abcde' }],
      [
        {
          name: 'x',
          content: 'abcde',
          pax: { 'GNU.sparse.map': '100,3,1000,2', 'GNU.sparse.size': '2000', 'GNU.sparse.name': 's' },
        },
      ],
      [
        {
          name: 'x',
          content: Buffer.concat([map, Buffer.from('abcde')]),
          pax: {
            'GNU.sparse.major': '1',
            'GNU.sparse.minor': '0',
            'GNU.sparse.name': 's',
            'GNU.sparse.realsize': '2000',
          },
        },
      ],
    ];
    for (const variant of variants) {
      const [entry, next] = read(...variant, { name: 'next' });
      assert.deepEqual([entry?.name, entry?.size, entry?.content], ['s', 2000, expected]);
      assert.equal(next?.name, 'next');
    }
  });

  it('reads further blocks of the old sparse format', () => {
    const block = Buffer.alloc(512);
    for (let at = 0; at < 2; at += 1) {
      octal(block, 10_000 + at * 1000, at * 24, 12);
      octal(block, 1, at * 24 + 12, 12);
    }
    const patch = (header: Buffer): void => {
      for (let at = 0; at < 4; at += 1) {
        octal(header, at * 1000, 386 + at * 24, 12);
        octal(header, 1, 386 + at * 24 + 12, 12);
      }
      header.writeUInt8(1, 482);
      octal(header, 20_000, 483, 12);
      octal(header, 6, 124, 12);
    };
    const archive = Buffer.concat([
      archiveEntry({ name: 's', type: 'S', patch, magic: 'gnu' }),
      block,
      padded(Buffer.from('abcdef')),
      tarArchive([{ name: 'next' }]),
    ]);
    const [entry, next] = readArchive(archive);
    assert.deepEqual(
      entry?.content.map(({ offset }) => offset),
      [0, 1000, 2000, 3000, 10_000, 11_000],
    );
    assert.equal(next?.name, 'next');
  });

  const broken: Record<string, ArchiveEntry[]> = {
    'a sparse map that overlaps itself': [
      { name: 'bad', content: 'ab', pax: { 'GNU.sparse.map': '5,1,3,1', 'GNU.sparse.size': '10' } },
    ],
    'a sparse map beyond the size': [
      { name: 'bad', content: 'ab', pax: { 'GNU.sparse.map': '50,2', 'GNU.sparse.size': '10' } },
    ],
    'a sparse map that does not fit its content': [
      { name: 'bad', content: 'ab', pax: { 'GNU.sparse.map': '0,9', 'GNU.sparse.size': '10' } },
    ],
    'a PAX record that lies about its length': [
      extension('x', Buffer.from('99 path=bad\n')),
      { name: 'bad' },
    ],
    'a number that is none': [{ name: 'bad', patch: (block) => void block.write('nonsense', 108) }],
    'a negative size': [{ name: 'bad', patch: (block) => base256(block, -5n, 124, 12) }],
    'a size beyond all numbers': [{ name: 'bad', patch: (block) => base256(block, 2n ** 80n, 124, 12) }],
    'a wrong time in PAX': [{ name: 'bad', pax: { mtime: 'yesterday' } }],
  };
  for (const [what, entries] of Object.entries(broken))
    it(`refuses ${what}`, () => {
      assert.throws(() => read(...entries), { code: 'invalid-argument' });
    });

  it('accepts an archive without its end only between two entries', () => {
    const archive = tarArchive([{ name: 'f', content: 'x'.repeat(600) }], { end: false });
    assert.equal(readArchive(archive).length, 1);
    for (const cut of [archive.length - 1, archive.length - 500, 600, 300])
      assert.throws(() => readArchive(archive.subarray(0, cut)), /ends within/);
  });

  it('takes an old name with a slash at its end for a directory, and no content for a link', () => {
    assert.equal(one({ name: 'd/', type: '\0' })?.type, 'directory');
    const [link, next] = read({ name: 'l', type: '1', link: 'f', size: 1234 }, { name: 'next' });
    assert.deepEqual([link?.size, next?.name], [0, 'next']);
  });
});
