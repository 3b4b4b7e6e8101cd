const BLOCK = 512;

/** What a test says about an entry; `content` and names may be any bytes. */
export interface ArchiveEntry {
  name: string | Buffer;
  /** The type flag; default a file. */
  type?: string;
  content?: Buffer | string;
  mode?: number;
  uid?: number;
  gid?: number;
  mtime?: number;
  link?: string | Buffer;
  device?: [number, number];
  /** Overrides the size field, for archives that lie. */
  size?: number;
  /** Records of a PAX header before it; values as bytes. */
  pax?: Record<string, string | Buffer>;
  magic?: 'ustar' | 'gnu';
  /** Last words on the header block, before its checksum is made. */
  patch?: (block: Buffer) => void;
}

/**
 * A tar archive made byte by byte, so that tests can make what no archiver would: lies, escapes, and the
 * formats of old. Names are cut at 100 bytes: longer ones go into a PAX header by the test.
 */
export function tarArchive(entries: readonly ArchiveEntry[], options: { end?: boolean } = {}): Buffer {
  const parts = entries.map(archiveEntry);
  return Buffer.concat(options.end === false ? parts : [...parts, Buffer.alloc(2 * BLOCK)]);
}

export function archiveEntry(entry: ArchiveEntry): Buffer {
  const content = Buffer.from(entry.content ?? '');
  const records = Object.entries(entry.pax ?? {}).map(([key, value]) => paxRecord(key, value));
  const before = records.length === 0 ? [] : [archiveEntry(extension('x', Buffer.concat(records)))];
  return Buffer.concat([...before, header(entry, content.length), padded(content)]);
}

/** A PAX header (`x`, global `g`) or a GNU long name (`L`, `K`) as an entry of its own. */
export function extension(type: 'x' | 'g' | 'L' | 'K', content: Buffer): ArchiveEntry {
  return { name: type === 'L' || type === 'K' ? '././@LongLink' : 'pax', type, content };
}

export function paxRecord(key: string, value: string | Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')]);
  let length = rest.length;
  while (length !== rest.length + String(length).length) length = rest.length + String(length).length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

export function padded(content: Buffer): Buffer {
  return Buffer.concat([content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)]);
}

export function octal(block: Buffer, value: number, offset: number, length: number): void {
  block.write(value.toString(8).padStart(length - 1, '0'), offset, 'latin1');
}

/** GNU's base-256 form, which also holds negative and very large numbers. */
export function base256(block: Buffer, value: bigint, offset: number, length: number): void {
  for (let at = 0; at < length; at += 1)
    block[offset + at] = Number((value >> BigInt(8 * (length - 1 - at))) & 0xffn);
  block[offset] = value < 0n ? 0xff : 0x80;
}

function header(entry: ArchiveEntry, length: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  Buffer.from(entry.name).copy(block, 0, 0, 100);
  octal(block, entry.mode ?? (entry.type === '5' ? 0o755 : 0o644), 100, 8);
  octal(block, entry.uid ?? 0, 108, 8);
  octal(block, entry.gid ?? 0, 116, 8);
  octal(block, entry.size ?? length, 124, 12);
  octal(block, entry.mtime ?? 1_700_000_000, 136, 12);
  block.write(entry.type ?? '0', 156, 'latin1');
  Buffer.from(entry.link ?? '').copy(block, 157, 0, 100);
  block.write(entry.magic === 'gnu' ? 'ustar  \0' : 'ustar\x0000', 257, 'latin1');
  octal(block, entry.device?.[0] ?? 0, 329, 8);
  octal(block, entry.device?.[1] ?? 0, 337, 8);
  entry.patch?.(block);
  block.fill(' ', 148, 156);
  octal(
    block,
    block.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  );
  return block;
}
