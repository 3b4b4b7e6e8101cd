import { closeSync, openSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { internal } from '../base/errors.ts';
import { isDigest } from '../oci/digest.ts';

/** What stands beside an unpacked layer, in `<data>/layers/<diffID>/meta.json`. */
const storedMetaSchema = z.object({
  version: z.literal(1),
  diffId: z.string().refine(isDigest),
  size: z.int(),
  files: z.int(),
  /** A stranger's `trusted.overlay.*` and `user.overlay.*` extended attributes that were left out. */
  droppedXattrs: z.int(),
  /** Extended attributes that this file system refused, with how often. */
  refusedXattrs: z.record(z.string(), z.int()),
});
export type StoredMeta = z.infer<typeof storedMetaSchema>;

export const contentOf = (layer: string): string => join(layer, 'fs');
export const indexFileOf = (layer: string): string => join(layer, 'index');
const metaFileOf = (layer: string): string => join(layer, 'meta.json');

/** Not synced: the caller syncs the whole file system once. */
export function writeLayerFiles(layer: string, index: Buffer, meta: StoredMeta): void {
  writeWhole(indexFileOf(layer), index);
  writeWhole(metaFileOf(layer), Buffer.from(JSON.stringify(meta)));
}

/** @throws internal naming the layer when the file is missing or damaged. */
export async function readMeta(layer: string): Promise<StoredMeta> {
  try {
    return storedMetaSchema.parse(JSON.parse(await readFile(metaFileOf(layer), 'utf8')));
  } catch (error) {
    throw internal(`layer directory ${layer} is damaged`, error);
  }
}

function writeWhole(path: string, bytes: Buffer): void {
  const fd = openSync(path, 'wx', 0o600);
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
  } finally {
    closeSync(fd);
  }
}
