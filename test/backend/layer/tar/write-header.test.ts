import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { TarReader } from '../../../../backend/layer/tar/tar-reader.ts';
import type { TarEntry } from '../../../../backend/layer/tar/tar-entry.ts';
import {
  encodeHeader,
  END_OF_ARCHIVE,
  type WrittenEntry,
} from '../../../../backend/layer/tar/write-header.ts';

const PLAIN: WrittenEntry = {
  name: 'file',
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 0,
  mtime: { seconds: 1_700_000_000, nanoseconds: 0 },
  linkName: '',
  device: [0, 0],
  xattrs: new Map(),
};

function readBack(archive: Buffer): TarEntry {
  const entries: TarEntry[] = [];
  const reader = new TarReader(
    {
      entry: (entry) => void entries.push(entry),
      content: () => undefined,
      endOfEntry: () => undefined,
    },
    { maxHeaderBytes: 2 ** 20 },
  );
  reader.push(archive);
  const [entry] = entries;
  assert.ok(entry);
  return entry;
}

function roundTrip(fields: Partial<WrittenEntry>): void {
  const written = { ...PLAIN, ...fields };
  const read = readBack(Buffer.concat([encodeHeader(written), END_OF_ARCHIVE]));
  assert.deepEqual({ ...read, sparse: undefined }, { ...written, sparse: undefined });
}

describe('headers of archives that we write', () => {
  it('a plain entry is one block', () => {
    assert.equal(encodeHeader(PLAIN).length, 512);
    roundTrip({});
  });

  it('names survive at every length around the fields of the header', () => {
    for (const length of [99, 100, 101, 155, 156, 254, 255, 256, 257, 1000])
      for (const name of ['n'.repeat(length), `${'d/'.repeat(length / 2)}n`.slice(-length)])
        roundTrip({ name });
  });

  it('names and targets are bytes', () => {
    roundTrip({ name: '\xff\xfe\n/\x80', type: 'file' });
    roundTrip({ name: '\xe9'.repeat(300), type: 'symlink', linkName: '\xff'.repeat(300) });
  });

  it('every type survives', () => {
    roundTrip({ name: 'd/', type: 'directory', mode: 0o1777 });
    roundTrip({ type: 'symlink', linkName: '../x', mode: 0o777 });
    roundTrip({ type: 'hardlink', linkName: 'x' });
    roundTrip({ type: 'char', device: [10, 200] });
    roundTrip({ type: 'block', device: [0xfff, 0xfffff] });
    roundTrip({ type: 'fifo', mode: 0o6755 });
  });

  it('numbers that the fields cannot hold survive', () => {
    roundTrip({ size: 8 ** 11 });
    roundTrip({ size: 2 ** 52 });
    roundTrip({ uid: 8 ** 7, gid: 0xfffffffe });
    roundTrip({ uid: 8 ** 7 - 1, gid: 8 ** 7 - 1 });
  });

  it('times survive to the nanosecond, also before 1970', () => {
    for (const seconds of [0, -1, -1_000_000, 2 ** 33, 2 ** 36])
      for (const nanoseconds of [0, 1, 500_000_000, 999_999_999])
        roundTrip({ mtime: { seconds, nanoseconds } });
  });

  it('extended attributes are bytes', () => {
    const value = Buffer.from([1, 0, 0, 2, 0, 0x0a, 0x3d, 0xff]);
    roundTrip({
      xattrs: new Map([
        ['security.capability', value],
        ['user.empty', Buffer.alloc(0)],
      ]),
    });
    // Around the lengths where a record's own length gets another digit.
    for (let length = 60; length < 120; length += 1)
      roundTrip({ xattrs: new Map([['user.x', Buffer.alloc(length, 7)]]) });
  });
});
