import type { ErrorCode } from '../../base/errors.ts';
import type { Digest } from '../../oci/digest.ts';
import type { Compression } from '../../oci/media-types.ts';
import type { StoredMeta } from '../layer-files.ts';
import type { ApplyLimits } from './apply-limits.ts';

/** What one apply needs to know; the layer's bytes follow in messages of their own. */
export interface ApplyJob {
  job: number;
  /** An existing, empty directory on the data root's file system; the layer is made in it. */
  directory: string;
  compression: Compression;
  diffId: Digest;
  limits: ApplyLimits;
}

export type ToWorker =
  | ({ kind: 'start' } & ApplyJob)
  | { kind: 'bytes'; job: number; bytes: Uint8Array }
  | { kind: 'end'; job: number };

export type FromWorker =
  /** So many of the bytes are used up: as many more may be sent. */
  | { kind: 'taken'; job: number; bytes: number }
  | { kind: 'done'; job: number; meta: StoredMeta }
  | { kind: 'failed'; job: number; code: ErrorCode; message: string };
