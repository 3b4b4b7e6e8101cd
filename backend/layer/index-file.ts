import { readFile } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { constants, zstdCompressSync, zstdDecompress } from 'node:zlib';
import { z } from 'zod';
import { internal } from '../base/errors.ts';
import { isDigest, type Digest } from '../oci/digest.ts';
import type { EntryType, LayerEntry, LayerIndex } from './layer-index.ts';

/**
 * The layer index on disk: zstd over lines of JSON. The first line is a header, each further one an
 * array of rows, few enough that reading one does not hold up the daemon. Rows are arrays, because the
 * names of fields would be most of the file.
 */
export function encodeIndex({ diffId, entries }: LayerIndex): Buffer {
  const lines = [JSON.stringify({ format: FORMAT, version: 1, diffId, count: entries.length })];
  for (let at = 0; at < entries.length; at += ROWS_PER_LINE)
    lines.push(JSON.stringify(entries.slice(at, at + ROWS_PER_LINE).map(rowOf)));
  return zstdCompressSync(Buffer.from(lines.join('\n')), {
    params: { [constants.ZSTD_c_checksumFlag]: 1 },
  });
}

/** @throws internal naming the file when it is damaged. */
export async function readIndexFile(path: string): Promise<LayerIndex> {
  try {
    return await decodeIndex(await readFile(path));
  } catch (error) {
    throw internal(`cannot read the layer index ${path}`, error);
  }
}

const FORMAT = 'strata-layer-index';
const ROWS_PER_LINE = 4000;
const TYPES: readonly EntryType[] = [
  ...(['file', 'directory', 'symlink', 'char', 'block', 'fifo', 'socket', 'whiteout'] as const),
];
const decompress = promisify(zstdDecompress);

const headerSchema = z.object({
  format: z.literal(FORMAT),
  version: z.literal(1),
  diffId: z.string().refine(isDigest),
  count: z.int(),
});

/** What few entries have; its field names are one letter. */
interface Extra {
  l?: string | undefined;
  h?: string | undefined;
  r?: [number, number] | undefined;
  x?: Record<string, string> | undefined;
  i?: 1 | undefined;
  o?: 1 | undefined;
}
type Row = [
  path: string,
  type: number,
  mode: number,
  uid: number,
  gid: number,
  size: number,
  mtime: number,
  digest: string,
  extra?: Extra,
];

function rowOf(entry: LayerEntry): Row {
  const { path, mode, uid, gid, size, mtime, digest } = entry;
  const row: Row = [path, TYPES.indexOf(entry.type), mode, uid, gid, size, mtime, digest?.slice(7) ?? ''];
  const { linkTarget, hardLink, rdev, xattrs, implied, opaque } = entry;
  const extra: Extra = {
    l: linkTarget,
    h: hardLink,
    r: rdev,
    x: xattrs,
    i: implied ? 1 : undefined,
    o: opaque ? 1 : undefined,
  };
  if (Object.values(extra).some((value) => value !== undefined)) row.push(extra);
  return row;
}

async function decodeIndex(compressed: Buffer): Promise<LayerIndex> {
  const text = (await decompress(compressed)).toString();
  const [first = '', ...lines] = text.split('\n');
  const header = headerSchema.parse(JSON.parse(first));
  const entries: LayerEntry[] = [];
  for (const line of lines) {
    // The file is our own and whole by its checksummed frame: rows are not checked one by one.
    for (const row of JSON.parse(line) as Row[]) entries.push(entryOf(row));
    if (lines.length > 10) await setImmediate();
  }
  if (entries.length !== header.count) throw internal(`it holds ${entries.length} of ${header.count} rows`);
  return { diffId: header.diffId, entries };
}

function entryOf([path, type, mode, uid, gid, size, mtime, digest, extra]: Row): LayerEntry {
  const entry: LayerEntry = { path, type: TYPES[type] ?? 'file', mode, uid, gid, size, mtime };
  if (digest !== '') entry.digest = `sha256:${digest}` as Digest;
  if (!extra) return entry;
  if (extra.l !== undefined) entry.linkTarget = extra.l;
  if (extra.h !== undefined) entry.hardLink = extra.h;
  if (extra.r) entry.rdev = extra.r;
  if (extra.x) entry.xattrs = extra.x;
  if (extra.i) entry.implied = true;
  if (extra.o) entry.opaque = true;
  return entry;
}
