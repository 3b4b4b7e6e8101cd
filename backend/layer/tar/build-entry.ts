import type { Timestamp } from '../../linux/file-times.ts';
import type { HeaderBlock } from './header-block.ts';
import { malformed } from './malformed.ts';
import { parseDecimal } from './numbers.ts';
import { parsePaxTime, type PaxRecords } from './pax.ts';
import { readPaxFragments } from './sparse.ts';
import type { Fragment, TarEntry, TarType } from './tar-entry.ts';

/** What GNU's 'L' and 'K' entries say about the entry that follows them. */
export interface LongNames {
  name: string | undefined;
  linkName: string | undefined;
}

export interface BuiltEntry {
  entry: TarEntry;
  /** Bytes that the archive holds after the header; less than the size for a sparse file. */
  stored: number;
  /** The sparse map stands at the beginning of the content (PAX sparse format 1.0). */
  mapInContent: boolean;
}

/** Puts a header block and the extension headers before it together. PAX wins over GNU, GNU over the block. */
export function buildEntry(block: HeaderBlock, long: LongNames, pax: PaxRecords): BuiltEntry {
  const { values } = pax;
  const name = values.get('GNU.sparse.name') ?? values.get('path') ?? long.name ?? block.name;
  const type = typeOf(block.typeflag, name);
  const number = (key: string, otherwise: number): number => decimal(values.get(key), otherwise, key, name);
  const stored = type === 'file' ? number('size', block.size) : 0;
  if (stored < 0) throw malformed(name, 'negative size');
  const fragments = type === 'file' ? readPaxFragments(pax, name) : null;
  const mapInContent = type === 'file' && values.get('GNU.sparse.major') === '1';
  const realSize = number('GNU.sparse.realsize', number('GNU.sparse.size', stored));
  const entry: TarEntry = {
    name,
    type,
    mode: block.mode,
    uid: id(number('uid', block.uid), 'uid', name),
    gid: id(number('gid', block.gid), 'gid', name),
    size: fragments || mapInContent ? realSize : stored,
    mtime: time(values.get('mtime'), block.mtime, name),
    linkName: values.get('linkpath') ?? long.linkName ?? block.linkName,
    device: block.device,
    xattrs: pax.xattrs,
    sparse: fragments,
  };
  return { entry, stored, mapInContent };
}

export function withFragments(entry: TarEntry, sparse: readonly Fragment[], size = entry.size): TarEntry {
  return { ...entry, sparse, size };
}

const TYPES: Readonly<Record<string, TarType>> = {
  '\0': 'file',
  '0': 'file',
  '7': 'file',
  S: 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'char',
  '4': 'block',
  '5': 'directory',
  '6': 'fifo',
};

function typeOf(typeflag: string, name: string): TarType {
  const type = TYPES[typeflag];
  if (type === undefined) throw malformed(name, `unknown type ${JSON.stringify(typeflag)}`);
  // Archives older than POSIX mark a directory by the slash at its name's end alone.
  return type === 'file' && typeflag !== 'S' && name.endsWith('/') ? 'directory' : type;
}

function decimal(text: string | undefined, otherwise: number, key: string, name: string): number {
  if (text === undefined) return otherwise;
  const value = parseDecimal(text);
  if (value === undefined) throw malformed(name, `unreadable ${key} in its PAX header`);
  return value;
}

/** The kernel's ids have 32 bits, and the highest one means "leave it". */
function id(value: number, key: string, name: string): number {
  if (value < 0 || value > 0xfffffffe) throw malformed(name, `${key} ${value} is out of range`);
  return value;
}

function time(text: string | undefined, seconds: number, name: string): Timestamp {
  if (text === undefined) return { seconds, nanoseconds: 0 };
  const value = parsePaxTime(text);
  if (value === undefined) throw malformed(name, 'unreadable mtime in its PAX header');
  return value;
}
