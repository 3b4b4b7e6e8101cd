import { sweep } from '../images/collect-garbage.ts';
import type { ImageContext } from '../images/image-context.ts';
import type { Lease } from '../images/leases.ts';

/** Work that makes an image: what it stores stays until the image's record is there, and goes again when it fails. */
export async function underLease<T>(images: ImageContext, work: (lease: Lease) => Promise<T>): Promise<T> {
  const lease = images.leases.take();
  try {
    return await work(lease);
  } catch (error) {
    lease[Symbol.dispose]();
    await sweep(images, { layers: lease.digests(), blobs: lease.digests() });
    throw error;
  } finally {
    lease[Symbol.dispose]();
  }
}
