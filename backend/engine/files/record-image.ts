import { createReadStream } from 'node:fs';
import type { ImageConfig } from '../../oci/image-config.ts';
import { digestOf, type Digest } from '../../oci/digest.ts';
import type { Descriptor, Manifest } from '../../oci/manifest.ts';
import { DOCKER_CONFIG, DOCKER_MANIFEST, OCI_CONFIG, OCI_MANIFEST } from '../../oci/media-types.ts';
import { familiarString, type Reference } from '../../oci/reference.ts';
import type { ImageContext } from '../images/image-context.ts';
import type { Lease } from '../images/leases.ts';
import type { SpooledLayer } from './spool-layer.ts';

/** The kinds of names that a manifest uses for what it lists. */
export type Format = 'oci' | 'docker';

const TYPES = {
  oci: {
    manifest: OCI_MANIFEST,
    config: OCI_CONFIG,
    gzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
    zstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  },
  docker: {
    manifest: DOCKER_MANIFEST,
    config: DOCKER_CONFIG,
    gzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
    zstd: 'application/vnd.docker.image.rootfs.diff.tar.zstd',
  },
} as const;

/** Takes a layer into the blobs and the layer store. The lease keeps it until the image's record is there. */
export async function storeLayer(
  { blobs, layers }: ImageContext,
  layer: SpooledLayer,
  format: Format,
  lease: Lease,
  signal: AbortSignal,
): Promise<Descriptor> {
  const { digest, size, compression, diffId, path } = layer;
  await lease.hold([digest, diffId]);
  if (!blobs.has(digest)) await blobs.ingest({ digest, size }, createReadStream(path));
  if (!layers.has(diffId)) await layers.apply({ source: blobs.open(digest), compression, diffId, signal });
  return { mediaType: TYPES[format][compression], digest, size };
}

export interface NewImage {
  config: ImageConfig;
  /** Bottom first. */
  layers: readonly Descriptor[];
  format: Format;
  reference: Reference | null;
}

/** Makes an image of layers that are there: config and manifest, the record, its name. */
export async function recordImage(context: ImageContext, image: NewImage, lease: Lease): Promise<Digest> {
  const { config, format, reference } = image;
  const types = TYPES[format];
  const configBytes = Buffer.from(JSON.stringify(config));
  const configBlob = { mediaType: types.config, digest: digestOf(configBytes), size: configBytes.length };
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: configBlob,
    layers: [...image.layers],
  };
  const manifestBytes = Buffer.from(JSON.stringify(manifest));
  const manifestDescriptor = {
    mediaType: types.manifest,
    digest: digestOf(manifestBytes),
    size: manifestBytes.length,
  };
  await lease.hold([configBlob.digest, manifestDescriptor.digest]);
  await ingest(context, configBlob, configBytes);
  await ingest(context, manifestDescriptor, manifestBytes);
  const diffIds = config.rootfs.diff_ids as Digest[];
  await context.stacks.ensureStack(diffIds);
  const size = diffIds.reduce((sum, diffId) => sum + context.layers.meta(diffId).size, 0);
  const { digest: id } = configBlob;
  context.images.put(
    { id, manifestDescriptor, manifest, config, diffIds, size },
    reference ? [reference] : [],
  );
  return id;
}

export function emitTag({ emit }: Pick<ImageContext, 'emit'>, id: Digest, reference: Reference | null): void {
  if (reference) emit({ type: 'image', action: 'tag', id, attributes: { name: familiarString(reference) } });
}

async function ingest({ blobs }: ImageContext, { digest, size }: Descriptor, bytes: Buffer): Promise<void> {
  if (!blobs.has(digest)) await blobs.ingest({ digest, size }, once(bytes));
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
