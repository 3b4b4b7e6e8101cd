import { notFound } from '../../base/errors.ts';
import type { Image } from '../../image/image-store.ts';
import type { ImageContext } from './image-context.ts';
import type { Lease } from './leases.ts';

/**
 * An image whose layers stay until the lease ends: for a container that is being made from it.
 * Let go once the container is among `uses()`.
 * @throws not-found
 */
export async function holdImage(
  { images, layers, leases }: Pick<ImageContext, 'images' | 'layers' | 'leases'>,
  nameOrId: string,
): Promise<{ image: Image; lease: Lease }> {
  const image = images.resolve(nameOrId);
  const lease = leases.take();
  await lease.hold(image.diffIds);
  // It may have been removed while we waited for the gc.
  if (images.get(image.id) && image.diffIds.every((diffId) => layers.has(diffId))) return { image, lease };
  lease[Symbol.dispose]();
  throw notFound(`No such image: ${nameOrId}`);
}
