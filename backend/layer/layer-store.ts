import type { Readable } from 'node:stream';
import type { Compression } from '../oci/media-types.ts';
import type { Digest } from '../oci/digest.ts';
import type { LayerIndex } from './layer-index.ts';

export interface ApplyRequest {
  /** The layer's bytes as the registry sends them; verification against the blob's digest is the caller's. */
  source: Readable;
  compression: Compression;
  /** What the image's config promises for the uncompressed tar; a mismatch fails the apply. */
  diffId: Digest;
  signal?: AbortSignal | undefined;
}

export interface LayerMeta {
  diffId: Digest;
  /** Bytes of regular files. */
  size: number;
  /** Entries of every type. */
  files: number;
}

/**
 * Layers, unpacked once and shared by every image that has them. A layer is named by its diffID,
 * depends on no other layer, is immutable, and is either whole or not there: it is made under
 * `<data>/tmp` and renamed into place after fsync.
 */
export interface LayerStore {
  has(diffId: Digest): boolean;
  /**
   * Applies a layer while its bytes arrive. Two callers with the same diffID share one apply.
   * @throws invalid-argument naming the entry, for a hostile or malformed layer; nothing is left behind.
   */
  apply(request: ApplyRequest): Promise<LayerMeta>;
  /** @throws not-found */
  meta(diffId: Digest): LayerMeta;
  /** @throws not-found. Kept in a small cache: explorers ask for the same one many times. */
  index(diffId: Digest): Promise<LayerIndex>;
  /** The content of a regular file of this layer alone; hard links followed. @throws not-found */
  open(diffId: Digest, path: string): Promise<Readable>;
  remove(diffId: Digest): Promise<void>;
  list(): LayerMeta[];
}
