import type { Timestamp } from '../../linux/file-times.ts';
import { BLOCK } from './header-block.ts';
import type { TarEntry, TarType } from './tar-entry.ts';

/** What is written for one entry; names are byte strings. A directory's name ends with a slash. */
export type WrittenEntry = Omit<TarEntry, 'sparse'>;

/**
 * The header blocks of an entry: a POSIX header, and before it a PAX header with what the fields of the former
 * cannot hold: long names, large numbers, fractions of seconds, extended attributes. Everything is written as the
 * bytes that it is; names are not re-encoded.
 */
export function encodeHeader(entry: WrittenEntry): Buffer {
  const { records, name, linkName } = paxRecords(entry);
  const fits = (value: number, digits: number): number => (value >= 0 && value < 8 ** digits ? value : 0);
  const block = headerBlock({
    ...entry,
    name,
    linkName,
    uid: fits(entry.uid, 7),
    gid: fits(entry.gid, 7),
    size: fits(entry.size, 11),
    seconds: fits(entry.mtime.seconds, 11),
    typeflag: TYPEFLAGS[entry.type],
  });
  return records.length === 0 ? block : Buffer.concat([paxHeader(entry.name, records), block]);
}

/** Zeros from the end of an entry's content to the next block. */
export function paddingAfter(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

export const END_OF_ARCHIVE = Buffer.alloc(2 * BLOCK);

const NAME_FIELD = 100;
const PREFIX_FIELD = 155;
const TYPEFLAGS: Readonly<Record<TarType, string>> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  char: '3',
  block: '4',
  directory: '5',
  fifo: '6',
};

interface Shortened {
  records: Buffer[];
  name: string;
  linkName: string;
}

function paxRecords({ name, linkName, uid, gid, size, mtime, xattrs }: WrittenEntry): Shortened {
  const records: Buffer[] = [];
  const add = (key: string, value: Buffer | string): void => {
    records.push(paxRecord(Buffer.from(key, 'latin1'), Buffer.from(value as string, 'latin1')));
  };
  const isLong = splitName(name) === undefined;
  if (isLong) add('path', name);
  if (linkName.length > NAME_FIELD) add('linkpath', linkName);
  if (uid >= 8 ** 7) add('uid', String(uid));
  if (gid >= 8 ** 7) add('gid', String(gid));
  if (size >= 8 ** 11) add('size', String(size));
  if (mtime.nanoseconds !== 0 || mtime.seconds < 0 || mtime.seconds >= 8 ** 11) add('mtime', paxTime(mtime));
  for (const [key, value] of xattrs)
    records.push(paxRecord(Buffer.from(`SCHILY.xattr.${key}`, 'latin1'), value));
  return { records, name: isLong ? cut(name) : name, linkName: cut(linkName) };
}

/** `length key=value\n`, where the length counts its own digits too. */
function paxRecord(key: Buffer, value: Buffer): Buffer {
  const rest = key.length + value.length + 3;
  let length = rest + String(rest).length;
  if (String(length).length > String(rest).length) length = rest + String(length).length;
  return Buffer.concat([Buffer.from(`${length} `), key, Buffer.from('='), value, Buffer.from('\n')]);
}

/** Seconds with fraction; the nanoseconds of a negative time count forwards from the second below it. */
function paxTime({ seconds, nanoseconds }: Timestamp): string {
  if (nanoseconds === 0) return String(seconds);
  const negative = seconds < 0;
  const whole = negative ? -seconds - 1 : seconds;
  const fraction = negative ? 1e9 - nanoseconds : nanoseconds;
  const digits = String(fraction).padStart(9, '0').replace(/0+$/, '');
  return `${negative ? '-' : ''}${whole}.${digits}`;
}

function paxHeader(name: string, records: readonly Buffer[]): Buffer {
  const content = Buffer.concat(records);
  const base = name.replace(/\/+$/, '').split('/').pop() ?? '';
  const header = headerBlock({
    name: cut(`PaxHeaders.0/${base}`),
    linkName: '',
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: content.length,
    seconds: 0,
    device: [0, 0],
    typeflag: 'x',
  });
  return Buffer.concat([header, content, Buffer.alloc(paddingAfter(content.length))]);
}

interface Fields {
  name: string;
  linkName: string;
  mode: number;
  uid: number;
  gid: number;
  size: number;
  seconds: number;
  device: readonly [number, number];
  typeflag: string;
}

function headerBlock(fields: Fields): Buffer {
  const block = Buffer.alloc(BLOCK);
  const [prefix, name] = splitName(fields.name) ?? ['', fields.name];
  const octal = (value: number, at: number, length: number): void => {
    block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1');
  };
  block.write(name, 0, NAME_FIELD, 'latin1');
  octal(fields.mode & 0o7777, 100, 8);
  octal(fields.uid, 108, 8);
  octal(fields.gid, 116, 8);
  octal(fields.size, 124, 12);
  octal(fields.seconds, 136, 12);
  block.write(fields.typeflag, 156, 'latin1');
  block.write(fields.linkName, 157, NAME_FIELD, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  octal(fields.device[0], 329, 8);
  octal(fields.device[1], 337, 8);
  block.write(prefix, 345, PREFIX_FIELD, 'latin1');
  writeChecksum(block);
  return block;
}

function writeChecksum(block: Buffer): void {
  block.fill(0x20, 148, 156);
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
}

/** Prefix and name as they fit the header's fields; undefined where they do not. */
function splitName(name: string): [prefix: string, name: string] | undefined {
  if (name.length <= NAME_FIELD) return ['', name];
  const slash = name.indexOf('/', name.length - NAME_FIELD - 1);
  if (slash <= 0 || slash > PREFIX_FIELD || slash === name.length - 1) return undefined;
  return [name.slice(0, slash), name.slice(slash + 1)];
}

function cut(name: string): string {
  return name.slice(0, NAME_FIELD);
}
