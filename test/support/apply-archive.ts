import { Readable } from 'node:stream';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { LayerStore } from '../../backend/layer/layer-store.ts';
import type { Compression } from '../../backend/oci/media-types.ts';
import { digestOf, type Digest } from '../../backend/oci/digest.ts';
import { tarArchive, type ArchiveEntry } from './tar-archive.ts';

const COMPRESS: Readonly<Record<Compression, (bytes: Buffer) => Buffer>> = {
  none: (bytes) => bytes,
  gzip: (bytes) => gzipSync(bytes, { level: 1 }),
  zstd: (bytes) => zstdCompressSync(bytes),
};

/** A blob in pieces of an awkward size, so that nothing in it is aligned to them. */
export function inPieces(bytes: Buffer, size = 1000): Readable {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return Readable.from(pieces, { objectMode: true });
}

/** Applies entries as a layer and returns its diffID. */
export async function applyEntries(
  store: LayerStore,
  entries: readonly ArchiveEntry[],
  compression: Compression = 'none',
): Promise<Digest> {
  return applyArchive(store, tarArchive(entries), compression);
}

export async function applyArchive(
  store: LayerStore,
  archive: Buffer,
  compression: Compression = 'none',
): Promise<Digest> {
  const diffId = digestOf(archive);
  await store.apply({ source: inPieces(COMPRESS[compression](archive)), compression, diffId });
  return diffId;
}
