import { parseNumber } from './numbers.ts';
import { malformed } from './malformed.ts';

export const BLOCK = 512;

/** The fields of one 512-byte header block, as they stand there. Names are byte strings. */
export interface HeaderBlock {
  name: string;
  typeflag: string;
  mode: number;
  uid: number;
  gid: number;
  size: number;
  mtime: number;
  linkName: string;
  device: [number, number];
}

/** @throws invalid-argument for a wrong checksum or an unreadable number, naming the entry (or the one before). */
export function parseHeaderBlock(block: Buffer, previousName: string): HeaderBlock {
  if (!checksumMatches(block)) throw malformed(previousName, 'the header after it has a wrong checksum');
  const name = fullName(block);
  const number = (field: string, offset: number, length: number): number => {
    const value = parseNumber(block, offset, length);
    if (value === undefined) throw malformed(name, `unreadable ${field} in its header`);
    return value;
  };
  const typeflag = String.fromCharCode(block[156] ?? 0);
  const isDevice = typeflag === '3' || typeflag === '4';
  return {
    name,
    typeflag,
    mode: number('mode', 100, 8) & 0o7777,
    uid: number('uid', 108, 8),
    gid: number('gid', 116, 8),
    size: number('size', 124, 12),
    mtime: number('mtime', 136, 12),
    linkName: text(block, 157, 100),
    // Other types may hold anything in these fields; some archivers do.
    device: isDevice ? [number('device major', 329, 8), number('device minor', 337, 8)] : [0, 0],
  };
}

export function isZeroBlock(block: Buffer): boolean {
  return block.equals(ZEROS);
}

/** A NUL-terminated field that may also fill its whole width. */
export function text(block: Buffer, offset: number, length: number): string {
  const end = block.indexOf(0, offset);
  return block.toString('latin1', offset, end === -1 || end > offset + length ? offset + length : end);
}

const ZEROS = Buffer.alloc(BLOCK);

function fullName(block: Buffer): string {
  const name = text(block, 0, 100);
  // Only POSIX archives have a prefix: GNU's magic ("ustar  ") goes with other fields in that place.
  if (block.toString('latin1', 257, 263) !== 'ustar\0') return name;
  // Schily's star, marked at the block's end, keeps times in the last 24 bytes of it.
  const isStar = block.toString('latin1', 508, 512) === 'tar\0';
  const prefix = text(block, 345, isStar ? 131 : 155);
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** The sum of all bytes with the checksum's own field read as spaces; old archivers summed signed bytes. */
function checksumMatches(block: Buffer): boolean {
  const expected = parseNumber(block, 148, 8);
  let unsigned = 0;
  let high = 0;
  for (let at = 0; at < BLOCK; at += 1) {
    const byte = at >= 148 && at < 156 ? 0x20 : (block[at] ?? 0);
    unsigned += byte;
    if (byte > 127) high += 1;
  }
  return expected === unsigned || expected === unsigned - 256 * high;
}
