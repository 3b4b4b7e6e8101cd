import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { codeOf, notFound } from '../../base/errors.ts';
import type { UserNamespace } from '../../linux/user-namespace.ts';
import type { EngineContext } from '../context.ts';
import type { Container, MountPoint, MountRequest } from './container.ts';

type MountedImage = NonNullable<MountPoint['image']>;
type Snapshots = Pick<EngineContext, 'snapshotter'>;

/** A view of an image has a snapshot of its own, named by the container and the place in it. */
export function imageSnapshot(containerId: string, destination: string): string {
  const place = createHash('sha256').update(destination).digest('hex').slice(0, 16);
  return `${containerId}-image-${place}`;
}

/** The container that a snapshot belongs to, as it is or as a view of an image. */
export function ownerOfSnapshot(id: string): string {
  return id.replace(/-image-[0-9a-f]*$/, '');
}

/**
 * The images that are asked for as mounts, by destination. Their layers stay as long as the leases do.
 * @throws not-found
 */
export async function holdMountedImages(
  { holdImage }: Pick<EngineContext, 'holdImage'>,
  requests: readonly MountRequest[],
  leases: DisposableStack,
): Promise<Map<string, MountedImage>> {
  const images = new Map<string, MountedImage>();
  for (const { type, source, target } of requests) {
    if (type !== 'image') continue;
    const { image, lease } = await holdImage(source).catch((error: unknown) => {
      throw codeOf(error) === 'not-found' ? notFound(`No such image: ${source}`, error) : error;
    });
    leases.use(lease);
    images.set(target, { id: image.id, diffIds: [...image.diffIds] });
  }
  return images;
}

/** Mounts the views of a starting container's images. @returns their paths by destination */
export async function mountImages(
  { snapshotter }: Snapshots,
  { id, mountPoints }: Container,
  userNamespace: UserNamespace | null,
): Promise<Map<string, string>> {
  const paths = new Map<string, string>();
  for (const { type, destination } of mountPoints) {
    if (type === 'image')
      paths.set(destination, await snapshotter.mount(imageSnapshot(id, destination), userNamespace));
  }
  return paths;
}

/** Idempotent. */
export async function unmountImages(
  { snapshotter }: Snapshots,
  { id, mountPoints }: Container,
): Promise<void> {
  for (const { type, destination } of mountPoints)
    if (type === 'image') await snapshotter.unmount(imageSnapshot(id, destination));
}

/** With the container. Idempotent. */
export async function removeImageMounts(
  { snapshotter, layout }: Snapshots & Pick<EngineContext, 'layout'>,
  { id, mountPoints }: Container,
): Promise<void> {
  for (const { type, destination } of mountPoints) {
    if (type !== 'image') continue;
    const snapshot = imageSnapshot(id, destination);
    await snapshotter.remove(snapshot);
    await rm(layout.runContainer(snapshot), { recursive: true, force: true });
  }
}
