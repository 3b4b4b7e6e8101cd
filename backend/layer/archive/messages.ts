import type { ErrorCode } from '../../base/errors.ts';
import type { Timestamp } from '../../linux/file-times.ts';
import type { PrivateTreeRequest } from '../../linux/private-tree.ts';
import type { IdMapping } from '../../oci/id-mapping.ts';
import type { EntryType } from '../layer-index.ts';

/** Which tree a job works in. */
export type View =
  /** A running process' root with all its mounts. */
  | { kind: 'process'; pid: number; startTime: number }
  /** A mounted root file system with these mounts on top, seen by the job alone. */
  | ({ kind: 'mounts' } & PrivateTreeRequest)
  | { kind: 'directory'; path: string };

/** Paths are byte strings, absolute and without `.` and `..`. Ids in archives are the container's. */
export type Task =
  | { kind: 'stat'; path: ResourcePath }
  | { kind: 'archive'; path: ResourcePath; mapping: IdMapping | null }
  | { kind: 'export'; mapping: IdMapping | null }
  /** A writable layer as a layer's archive, without these paths of it. */
  | { kind: 'layer'; leaveOut: ReadonlySet<string>; mapping: IdMapping | null }
  | ListTask
  | ReadTask
  | ChangeTask
  | CloneTask
  | ExtractTask
  | WriteTask;

/** Those that are fed by a client. */
export type InputTask = ExtractTask | WriteTask;

/** Owner and permissions of what is made; null for the owner of the directory that it is made in. */
export interface NewAttributes {
  mode: number;
  uid: number | null;
  gid: number | null;
}

/** One change of names. Answers with what lies at the path then, a removal with nothing. */
export type ChangeTask = { kind: 'change' } & (
  | { verb: 'mkdir'; path: string; attributes: NewAttributes }
  | { verb: 'remove'; path: string; recursive: boolean }
  | { verb: 'rename'; path: string; to: string; overwrite: boolean }
);

/** Copies the whole tree into an empty directory that nobody else uses. The content tells of the progress. */
export interface CloneTask {
  kind: 'clone';
  /** Host path. */
  target: string;
}

/** One line of a clone's content, as JSON. */
export interface CloneProgress {
  bytes: number;
}

/** Replaces a regular file, to which symlinks lead inside the tree, by what is sent; its owner, mode and attributes stay. */
export interface WriteTask {
  kind: 'write';
  path: string;
  /** For one that is not there yet; null where it must be. */
  create: NewAttributes | null;
}

/** Names in a directory, in their order as bytes: at most `limit` of them that come after `after`. */
export interface ListTask {
  kind: 'list';
  path: string;
  after: string;
  limit: number;
}

/** The content of a list, as JSON. */
export interface ListedNames {
  entries: PathStat[];
  /** Where the next page begins: the last name of this one, also where it has gone meanwhile. Null at the end. */
  last: string | null;
}

/** Bytes of a regular file, to which symlinks lead inside the tree. */
export interface ReadTask {
  kind: 'read';
  path: string;
  range: ByteRange | null;
}

/** As in HTTP: both ends are inside; without a first one the last so many bytes, without a last one to the end. */
export interface ByteRange {
  first: number | null;
  last: number | null;
}

export interface ExtractTask {
  kind: 'extract';
  path: string;
  mapping: IdMapping | null;
  /** A directory does not give way to something else, nor something else to a directory. */
  noOverwriteDirNonDir: boolean;
  /** Who shall own everything, as the container counts; null for what the archive says. */
  owner: { uid: number; gid: number } | null;
  readOnlyRootfs: boolean;
  /** An entry for the directory that is extracted to changes its attributes. */
  rootAttributes?: boolean;
  mounts: readonly { destination: string; readOnly: boolean }[];
}

/** What a client asks for: see `parseResourcePath`. */
export interface ResourcePath {
  directory: string;
  /** Empty for the root. */
  base: string;
  /** The last component is followed and must be a directory. */
  isDirectory: boolean;
  /** What stands for the resource in the names of the archive. */
  rename: string;
}

export interface PathStat {
  name: string;
  size: number;
  type: EntryType;
  /** Permissions with set-id and sticky bits. */
  mode: number;
  mtime: Timestamp;
  uid: number;
  gid: number;
  /** Major and minor of a device. */
  device: [number, number];
  /** Where a symlink leads in the end (in a list: its text); else empty. */
  linkTarget: string;
}

export type ToWorker =
  | { kind: 'start'; job: number; view: View; task: Task }
  /** So many more bytes may be sent. */
  | { kind: 'credit'; job: number; bytes: number }
  | { kind: 'bytes'; job: number; bytes: Uint8Array }
  | { kind: 'end'; job: number }
  | { kind: 'cancel'; job: number };

export type FromWorker =
  /** The tree is open, and stays so whatever becomes of the paths that lead to it; the path in it is there. */
  | { kind: 'opened'; job: number; stat: PathStat | null }
  | { kind: 'bytes'; job: number; bytes: Uint8Array }
  | { kind: 'taken'; job: number; bytes: number }
  | { kind: 'done'; job: number }
  /** The answer to a cancellation: nothing is done any more. */
  | { kind: 'ended'; job: number }
  | { kind: 'failed'; job: number; code: ErrorCode; message: string };
