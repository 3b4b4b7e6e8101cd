import type { Digest } from '../oci/digest.ts';

export type EntryType = 'file' | 'directory' | 'symlink' | 'char' | 'block' | 'fifo' | 'socket' | 'whiteout';

/** One path of a layer. */
export interface LayerEntry {
  /** Without a leading slash; the root is ''. UTF-8, `\xNN` for other bytes (byte-names.ts). */
  path: string;
  type: EntryType;
  mode: number;
  uid: number;
  gid: number;
  /** Bytes of content, 0 for all but regular files. */
  size: number;
  /** Seconds since the epoch, with fraction. */
  mtime: number;
  linkTarget?: string | undefined;
  /** Path of the first name of the same inode within this layer. */
  hardLink?: string | undefined;
  digest?: Digest | undefined;
  rdev?: [number, number] | undefined;
  /** Values as base64. */
  xattrs?: Record<string, string> | undefined;
  /** A parent directory without an entry of its own in the tar: its attributes come from the layers below. */
  implied?: boolean | undefined;
  /** The directory hides everything that lower layers have in it. */
  opaque?: boolean | undefined;
}

/**
 * What a layer holds, sorted by path bytewise; every entry's parent directories are in it too, except the
 * root. Immutable; one file beside the layer. A container's writable layer has no diffID.
 */
export interface LayerIndex {
  diffId: Digest | null;
  entries: readonly LayerEntry[];
}
