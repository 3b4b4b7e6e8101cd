import type { Timestamp } from '../../linux/file-times.ts';
import { malformed } from './malformed.ts';
import { parseDecimal } from './numbers.ts';

const XATTR = 'SCHILY.xattr.';

/** The records of a PAX extended header (pax(1), "pax Extended Header"). Values are byte strings. */
export interface PaxRecords {
  values: Map<string, string>;
  xattrs: Map<string, Buffer>;
  /** Pairs of GNU.sparse.offset and GNU.sparse.numbytes (sparse format 0.0): the only keys that repeat. */
  sparseNumbers: string[];
}

export function emptyRecords(): PaxRecords {
  return { values: new Map(), xattrs: new Map(), sparseNumbers: [] };
}

/**
 * Reads records of the form "length key=value\n" on top of those that hold for the whole archive.
 * They are cut by their length and never by line or encoding: values may hold any bytes.
 */
export function parsePax(content: Buffer, base: PaxRecords, name: string): PaxRecords {
  const records = { values: new Map(base.values), xattrs: new Map(base.xattrs), sparseNumbers: [] };
  for (let at = 0; at < content.length; ) at = addRecord(content, at, records, name);
  return records;
}

function addRecord(content: Buffer, at: number, records: PaxRecords, name: string): number {
  const space = content.indexOf(0x20, at);
  const length =
    space === -1 ? undefined : parseDecimal(content.toString('latin1', at, Math.min(space, at + 20)));
  if (length === undefined) throw malformed(name, 'unreadable record length in its PAX header');
  const end = at + length;
  const equals = content.indexOf(0x3d, space);
  if (end > content.length || equals === -1 || equals >= end - 1 || content[end - 1] !== 0x0a)
    throw malformed(name, 'malformed record in its PAX header');
  const key = content.toString('latin1', space + 1, equals);
  if (key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes')
    records.sparseNumbers.push(content.toString('latin1', equals + 1, end - 1));
  else if (key.startsWith(XATTR)) addXattr(key, content.subarray(equals + 1, end - 1), records);
  else setOrRemove(records.values, key, content.toString('latin1', equals + 1, end - 1));
  return end;
}

function addXattr(key: string, value: Buffer, records: PaxRecords): void {
  // The bytes belong to the stream's chunk, which is gone when the file is made.
  records.xattrs.set(key.slice(XATTR.length), Buffer.from(value));
}

/** An empty value takes back what the archive's global header or the header block says. */
function setOrRemove(values: Map<string, string>, key: string, value: string): void {
  if (value === '') values.delete(key);
  else values.set(key, value);
}

/** A time such as `-1.25`: seconds rounded down, nanoseconds never negative. Undefined when unreadable. */
export function parsePaxTime(value: string): Timestamp | undefined {
  const match = /^(-?)(\d{1,15})(?:\.(\d*))?$/.exec(value);
  if (!match) return undefined;
  const seconds = Number(match[2]);
  const nanoseconds = Number((match[3] ?? '').slice(0, 9).padEnd(9, '0'));
  if (match[1] === '') return { seconds, nanoseconds };
  return nanoseconds === 0
    ? { seconds: -seconds, nanoseconds: 0 }
    : { seconds: -seconds - 1, nanoseconds: 1e9 - nanoseconds };
}
