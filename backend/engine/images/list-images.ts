import type { Image } from '../../image/image-store.ts';
import type { Digest } from '../../oci/digest.ts';
import { createdAt, hasLabel, matchesReference, type LabelFilter } from './image-filter.ts';
import type { ImageContext } from './image-context.ts';

export interface ListRequest {
  /** Patterns of which one has to fit; the references that do not fit are left out. */
  references: readonly string[];
  dangling?: boolean | undefined;
  labels: readonly LabelFilter[];
  /** Names or ids: only images that were created before or after it. */
  before: readonly string[];
  since: readonly string[];
  until?: number | undefined;
}

export interface ListedImage {
  image: Image;
  /** Bytes of the layers that other images have too. */
  sharedSize: number;
  containers: number;
}

/** Newest first. @throws not-found when `before` or `since` name no image */
export function listImages(
  { images, layers, uses }: Pick<ImageContext, 'images' | 'layers' | 'uses'>,
  request: ListRequest,
): ListedImage[] {
  const all = images.list();
  const before = Math.min(...request.before.map((name) => createdAt(images.resolve(name))));
  const since = Math.max(...request.since.map((name) => createdAt(images.resolve(name))));
  const used = Map.groupBy(uses(), ({ imageId }) => imageId);
  const owners = countOwners(all);
  const sharedSize = ({ diffIds }: Image): number =>
    diffIds
      .filter((diffId) => (owners.get(diffId) ?? 0) > 1 && layers.has(diffId))
      .reduce((sum, diffId) => sum + layers.meta(diffId).size, 0);
  return all
    .filter((image) => request.dangling === undefined || (image.tags.length === 0) === request.dangling)
    .filter((image) => request.labels.every((label) => hasLabel(image, label)))
    .filter((image) => request.before.length === 0 || createdAt(image) < before)
    .filter((image) => request.since.length === 0 || createdAt(image) > since)
    .filter((image) => request.until === undefined || createdAt(image) < request.until)
    .flatMap((image) => withMatchingReferences(image, request.references))
    .toSorted((a, b) => createdAt(b) - createdAt(a))
    .map((image) => ({
      image,
      sharedSize: sharedSize(image),
      containers: used.get(image.id)?.length ?? 0,
    }));
}

function countOwners(images: readonly Image[]): Map<Digest, number> {
  const owners = new Map<Digest, number>();
  for (const { diffIds } of images)
    for (const diffId of new Set(diffIds)) owners.set(diffId, (owners.get(diffId) ?? 0) + 1);
  return owners;
}

function withMatchingReferences(image: Image, patterns: readonly string[]): Image[] {
  if (patterns.length === 0) return [image];
  const fits = (name: string): boolean => patterns.some((pattern) => matchesReference(name, pattern));
  const tags = image.tags.filter(fits);
  const digests = image.digests.filter(fits);
  return tags.length + digests.length > 0 ? [{ ...image, tags, digests }] : [];
}
