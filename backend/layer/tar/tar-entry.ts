import type { Timestamp } from '../../linux/file-times.ts';

export type TarType = 'file' | 'directory' | 'symlink' | 'hardlink' | 'char' | 'block' | 'fifo';

/** Where stored bytes of a sparse file belong. Fragments are in order and do not overlap. */
export interface Fragment {
  offset: number;
  length: number;
}

/** One entry of an archive, with everything that extension headers say about it. Names are byte strings. */
export interface TarEntry {
  name: string;
  type: TarType;
  mode: number;
  uid: number;
  gid: number;
  /** Bytes of the file as a process sees it, holes counted; 0 for all but files. */
  size: number;
  mtime: Timestamp;
  /** Target of a symlink or hard link. */
  linkName: string;
  device: [number, number];
  xattrs: ReadonlyMap<string, Buffer>;
  sparse: readonly Fragment[] | null;
}

/** What the reader calls, in the order of the archive. What it throws ends the reading. */
export interface TarSink {
  entry(entry: TarEntry): void;
  /** Content of the current file, in order; what lies between two calls is a hole. Valid only during the call. */
  content(bytes: Buffer, offset: number): void;
  endOfEntry(): void;
}

export interface TarLimits {
  /** Bytes of one extension header: a PAX header, a long name, a sparse map. */
  maxHeaderBytes: number;
}
