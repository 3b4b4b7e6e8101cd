import { messageOf } from '../../base/errors.ts';
import type { Digest } from '../../oci/digest.ts';
import type { ImageContext } from './image-context.ts';

export interface Garbage {
  /** Layers that were removed, and the bytes that they held. */
  layers: Digest[];
  blobs: Digest[];
  bytes: number;
}

type GarbageContext = Pick<
  ImageContext,
  'images' | 'stacks' | 'layers' | 'blobs' | 'leases' | 'logger' | 'uses'
>;

/** Removes every layer and blob that no image, no container and no work under way refers to. */
export async function collectGarbage(context: GarbageContext): Promise<Garbage> {
  const layers = context.layers.list().map(({ diffId }) => diffId);
  return await sweep(context, { layers, blobs: await context.blobs.list() });
}

/** As `collectGarbage`, looking at these alone. */
export async function sweep(
  context: GarbageContext,
  candidates: { layers: Iterable<Digest>; blobs: Iterable<Digest> },
): Promise<Garbage> {
  const garbage: Garbage = { layers: [], blobs: [], bytes: 0 };
  await context.stacks.collectStacks(
    [...context.images.list(), ...context.uses()].map(({ diffIds }) => diffIds),
  );
  for (const diffId of candidates.layers) {
    if (!context.layers.has(diffId) || referencedLayers(context).has(diffId)) continue;
    const { size } = context.layers.meta(diffId);
    if (!(await swept(context, diffId, () => context.layers.remove(diffId)))) continue;
    garbage.layers.push(diffId);
    garbage.bytes += size;
  }
  for (const digest of candidates.blobs) {
    if (!context.blobs.has(digest) || referencedBlobs(context).has(digest)) continue;
    if (await swept(context, digest, () => context.blobs.remove(digest))) garbage.blobs.push(digest);
  }
  return garbage;
}

/** What cannot be removed now is the next gc's; the others are not held up by it. */
async function swept(context: GarbageContext, digest: Digest, remove: () => Promise<void>): Promise<boolean> {
  try {
    return await context.leases.sweep(digest, remove);
  } catch (error) {
    context.logger.warn({ digest, error: messageOf(error) }, 'unreferenced content cannot be removed');
    return false;
  }
}

// Asked anew before each removal: a pull may have recorded an image since the last one.
function referencedLayers({ images, uses }: GarbageContext): Set<Digest> {
  return new Set([...images.list(), ...uses()].flatMap(({ diffIds }) => diffIds));
}

function referencedBlobs({ images }: GarbageContext): Set<Digest> {
  return new Set(
    images
      .list()
      .flatMap(({ manifestDescriptor, manifest }) => [
        manifestDescriptor.digest,
        manifest.config.digest,
        ...manifest.layers.map(({ digest }) => digest),
      ]),
  );
}
