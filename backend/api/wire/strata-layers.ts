import { z } from 'zod';

/** `/strata/v1` shapes about layers. Sizes are bytes, times are seconds since the epoch (fractions allowed). */

/** One layer of a stack. `position` 0 is the bottom; a container's writable layer is the last and has no digests. */
export const stackLayerSchema = z.object({
  position: z.int().nonnegative(),
  kind: z.enum(['image', 'writable']),
  /** Digest of the blob as the registry keeps it. */
  digest: z.string().nullable(),
  diffId: z.string().nullable(),
  /** Bytes of the blob as transferred. */
  compressedSize: z.int().nullable(),
  /** Bytes of the regular files that this layer holds. */
  size: z.int(),
  /** Entries of every type, whiteouts too. */
  files: z.int(),
  /** The instruction that made it, from the image's history; empty where the history is silent. */
  instruction: z.string(),
  created: z.string().nullable(),
});
export type StackLayer = z.infer<typeof stackLayerSchema>;

/** GET /strata/v1/images/{name}/layers and /strata/v1/containers/{id}/layers. */
export const layerStackSchema = z.object({
  image: z.string(),
  references: z.array(z.string()),
  container: z.string().nullable(),
  layers: z.array(stackLayerSchema),
});
export type LayerStack = z.infer<typeof layerStackSchema>;

export const fileTypeSchema = z.enum(['file', 'directory', 'symlink', 'char', 'block', 'fifo', 'socket']);
export type FileType = z.infer<typeof fileTypeSchema>;

/** Attributes of a file. `mode` holds permission bits with setuid, setgid and sticky, e.g. 0o1777. */
export const fileAttributesSchema = z.object({
  type: fileTypeSchema,
  mode: z.int(),
  uid: z.int(),
  gid: z.int(),
  size: z.int(),
  mtime: z.number(),
  linkTarget: z.string().optional(),
  /** sha256 of the content of a regular file. */
  digest: z.string().optional(),
  /** Major and minor of a device node. */
  rdev: z.tuple([z.int(), z.int()]).optional(),
  xattrs: z.record(z.string(), z.string()).optional(),
});
export type FileAttributes = z.infer<typeof fileAttributesSchema>;

/** What a layer does to a path. `opaque`: the directory hides everything below it in lower layers. */
export const changeSchema = z.object({
  /** Absolute, `/` separated; bytes that are no UTF-8 are shown as `\xNN`. */
  path: z.string(),
  change: z.enum(['added', 'modified', 'deleted']),
  opaque: z.boolean().optional(),
  /** Which attributes differ from the shadowed one, for `modified`. */
  differs: z.array(z.enum(['content', 'mode', 'owner', 'type', 'xattrs', 'link', 'mtime'])).optional(),
  /** Absent for `deleted`. */
  file: fileAttributesSchema.optional(),
  /** Position of the layer whose version this one hides, and that version. */
  shadows: z.int().optional(),
  shadowed: fileAttributesSchema.optional(),
});
export type LayerChange = z.infer<typeof changeSchema>;

/** GET /strata/v1/images/{name}/layers/{position}/changes, /strata/v1/containers/{id}/changes: sorted by path. */
export const layerChangesSchema = z.object({
  position: z.int(),
  changes: z.array(changeSchema),
});
export type LayerChanges = z.infer<typeof layerChangesSchema>;

/** An entry of the merged view; `layer` is the position of the layer that gives it. */
export const treeEntrySchema = z.object({ path: z.string(), layer: z.int(), file: fileAttributesSchema });
export type TreeEntry = z.infer<typeof treeEntrySchema>;

/** GET /strata/v1/images/{name}/tree?at=POSITION (default: top) &path=/ &recursive=1, and for containers. */
export const mergedTreeSchema = z.object({ at: z.int(), entries: z.array(treeEntrySchema) });
export type MergedTree = z.infer<typeof mergedTreeSchema>;

/** One place that has something to say about a path. */
export const providerSchema = z.object({
  kind: z.enum(['mount', 'writable', 'layer']),
  /** Position in the stack; null for a mount. */
  layer: z.int().nullable(),
  digest: z.string().nullable(),
  instruction: z.string(),
  /** `wins`: this is what a process sees. `whiteout` / `opaque`: it deletes what is below it. */
  role: z.enum(['wins', 'shadowed', 'whiteout', 'opaque', 'deleted']),
  /** A sentence: why it wins or is not seen. */
  why: z.string(),
  file: fileAttributesSchema.nullable(),
});
export type Provider = z.infer<typeof providerSchema>;

/** GET /strata/v1/images/{name}/provenance?path=/x and for containers: top first, so a winner comes first. */
export const provenanceSchema = z.object({
  path: z.string(),
  exists: z.boolean(),
  providers: z.array(providerSchema),
});
export type Provenance = z.infer<typeof provenanceSchema>;

// GET /strata/v1/images/{name}/file?path=/x[&at=POSITION | &layer=POSITION] and for containers: the content
// (application/octet-stream), 404 where there is no regular file. `at` looks into the merged view at that
// position, `layer` into that one layer alone.
