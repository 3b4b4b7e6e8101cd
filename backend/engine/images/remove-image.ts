import { conflict } from '../../base/errors.ts';
import type { Image } from '../../image/image-store.ts';
import type { Digest } from '../../oci/digest.ts';
import {
  familiarName,
  familiarString,
  parseReference,
  withDefaultTag,
  type Reference,
} from '../../oci/reference.ts';
import { sweep } from './collect-garbage.ts';
import type { ImageContext, ImageUse } from './image-context.ts';

/** What a removal did, in order. */
export type Removal = { untagged: string } | { deleted: Digest };

/**
 * Removes a name, and with its last name the image, as `docker rmi` does: by name it untags; by id it
 * takes all names, when they are of one repository or `force` is set.
 * @throws not-found; conflict when a container uses the image (a running one's cannot be forced)
 */
export async function removeImage(
  context: ImageContext,
  nameOrId: string,
  { force }: { force: boolean },
): Promise<Removal[]> {
  const image = context.images.resolve(nameOrId);
  const named = namedBy(image, nameOrId);
  if (!named) {
    checkRemovable(context, image, nameOrId, force);
    return await removeWhole(context, image);
  }
  if (isSingle(image)) checkUnused(context, image, named, force);
  const removals = untag(context, image, named);
  const left = context.images.get(image.id);
  if (!left || left.tags.length + left.digests.length > 0 || isRunning(context, image)) return removals;
  return [...removals, ...(await removeWhole(context, left))];
}

/** Removes all names, the record, and what nothing else needs. */
export async function removeWhole(context: ImageContext, image: Image): Promise<Removal[]> {
  const names = [...image.tags, ...image.digests].map((name) => parseReference(name));
  const untagged = names.map((name) => untagOne(context, image, name));
  context.images.remove(image.id);
  context.emit({ type: 'image', action: 'delete', id: image.id, attributes: { name: image.id } });
  const { manifest, manifestDescriptor, diffIds } = image;
  const blobs = [manifestDescriptor, manifest.config, ...manifest.layers].map(({ digest }) => digest);
  const { layers } = await sweep(context, { layers: diffIds.toReversed(), blobs });
  return [...untagged, { deleted: image.id }, ...layers.map((deleted) => ({ deleted }))];
}

/** The name that was given, or undefined where it was an id or a prefix of one. */
function namedBy({ id, tags, digests }: Image, nameOrId: string): Reference | undefined {
  if (nameOrId.startsWith('sha256:') || id === `sha256:${nameOrId}`) return undefined;
  const given = withDefaultTag(parseReference(nameOrId));
  const wanted = familiarString(given.digest ? { ...given, tag: undefined } : given);
  return [...tags, ...digests]
    .map((name) => parseReference(name))
    .find((name) => familiarString(name) === wanted);
}

function untag(context: ImageContext, image: Image, named: Reference): Removal[] {
  const removals: Removal[] = [untagOne(context, image, named)];
  const inRepository = (name: string): boolean => familiarName(parseReference(name)) === familiarName(named);
  const left = context.images.get(image.id);
  if (!left || named.digest || left.tags.some(inRepository)) return removals;
  // A digest alone, without any tag of its repository, would keep the image for ever.
  const orphans = left.digests.filter(inRepository).map((name) => parseReference(name));
  return [...removals, ...orphans.map((orphan) => untagOne(context, image, orphan))];
}

function untagOne({ images, emit }: ImageContext, { id }: Image, name: Reference): Removal {
  images.untag(name);
  emit({ type: 'image', action: 'untag', id, attributes: { name: familiarString(name) } });
  return { untagged: familiarString(name) };
}

/** At most one tag, and everything in one repository. */
function isSingle({ tags, digests }: Image): boolean {
  const repositories = new Set([...tags, ...digests].map((name) => familiarName(parseReference(name))));
  return tags.length <= 1 && repositories.size <= 1;
}

function usesOf(context: ImageContext, { id }: Image): ImageUse[] {
  return context.uses().filter(({ imageId }) => imageId === id);
}

function isRunning(context: ImageContext, image: Image): boolean {
  return usesOf(context, image).some(({ running }) => running);
}

/** By name: one that is the image's last must not leave a container's image without a name. */
function checkUnused(context: ImageContext, image: Image, name: Reference, force: boolean): void {
  const [use] = usesOf(context, image);
  if (!use || force) return;
  throw conflict(
    `conflict: unable to remove repository reference "${familiarString(name)}" (must force) - container ${short(use.containerId)} is using its referenced image ${short(image.id)}`,
  );
}

/** By id. Messages are Docker's: scripts look for them. */
function checkRemovable(context: ImageContext, image: Image, given: string, force: boolean): void {
  const uses = usesOf(context, image);
  const running = uses.find((use) => use.running);
  if (running)
    throw conflict(
      `conflict: unable to delete ${given} (cannot be forced) - image is being used by running container ${short(running.containerId)}`,
    );
  if (force) return;
  const [stopped] = uses;
  if (stopped)
    throw conflict(
      `conflict: unable to delete ${given} (must be forced) - image is being used by stopped container ${short(stopped.containerId)}`,
    );
  if (!isSingle(image))
    throw conflict(
      `conflict: unable to delete ${given} (must be forced) - image is referenced in multiple repositories`,
    );
}

function short(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 12);
}
