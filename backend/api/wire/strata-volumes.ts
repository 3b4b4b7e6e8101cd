import { z } from 'zod';
import { fileAttributesSchema } from './strata-layers.ts';

/**
 * `/strata/v1/volumes` shapes. Paths are absolute within the volume; bytes that are no UTF-8 are written `\xNN`, in
 * requests too. Sizes are bytes, times are seconds since the epoch (fractions allowed).
 */

/** A container that has a volume among its mounts, running or not. */
const volumeUserSchema = z.object({
  id: z.string(),
  name: z.string(),
  running: z.boolean(),
  destination: z.string(),
  readOnly: z.boolean(),
});

export const strataVolumeSchema = z.object({
  name: z.string(),
  driver: z.string(),
  mountpoint: z.string(),
  created: z.string(),
  labels: z.record(z.string(), z.string()),
  options: z.record(z.string(), z.string()),
  /** Made without a name. */
  anonymous: z.boolean(),
  users: z.array(volumeUserSchema),
  /** Of its files, hard links once; null where it was not asked for, or what is mounted from somewhere else. */
  size: z.int().nullable(),
});
export type StrataVolume = z.infer<typeof strataVolumeSchema>;

/** GET /strata/v1/volumes[?size=1]: sorted by name. GET /strata/v1/volumes/{name} has one, with its size. */
export const strataVolumesSchema = z.object({ volumes: z.array(strataVolumeSchema) });
export type StrataVolumes = z.infer<typeof strataVolumesSchema>;

/** GET /strata/v1/volumes/{name}/stat?path=/x: of the name itself, also where it is a symlink. */
export const volumeEntrySchema = z.object({ path: z.string(), file: fileAttributesSchema });
export type VolumeEntry = z.infer<typeof volumeEntrySchema>;

/**
 * GET /strata/v1/volumes/{name}/tree?path=/&limit=1000[&after=NAME]: what lies in a directory, by the bytes of its
 * names. `next` is the `after` of the next page; null after the last one.
 */
export const volumeTreeSchema = z.object({
  path: z.string(),
  entries: z.array(volumeEntrySchema),
  next: z.string().nullable(),
});
export type VolumeTree = z.infer<typeof volumeTreeSchema>;

/** POST /strata/v1/volumes/{name}/clone */
export const cloneRequestSchema = z.strictObject({
  name: z.string().min(1),
  labels: z.record(z.string(), z.string()).default({}),
});

/** POST /strata/v1/volumes/{name}/rename */
export const renameRequestSchema = z.strictObject({
  from: z.string(),
  to: z.string(),
  /** A file that has the new name gives way. */
  overwrite: z.boolean().default(false),
});

/** One line of the answer to an import or a clone. The last one says `done` or `error`. */
export const volumeProgressSchema = z.object({
  status: z.enum(['importing', 'cloning', 'done', 'error']),
  /** Bytes so far: of the archive as it came, or of the files that were copied. */
  current: z.int(),
  /** Bytes altogether, where that is known. */
  total: z.int().nullable(),
  error: z.string().optional(),
});
export type VolumeProgress = z.infer<typeof volumeProgressSchema>;

// GET  …/file?path=/x                  the content (application/octet-stream), with `Range: bytes=…` a part of it (206)
// PUT  …/file?path=/x[&create=0][&mode=644&uid=0&gid=0]   the body becomes the content at once and as a whole
// DELETE …/file?path=/x[&recursive=1]
// POST …/directories?path=/x[&mode=755&uid=0&gid=0]
// GET  …/export[?path=/][&compress=gzip|zstd]             a tar archive
// POST …/import[?replace=1]            a tar archive, plain, gzip or zstd, becomes the content
