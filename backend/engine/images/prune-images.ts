import type { Image } from '../../image/image-store.ts';
import { collectGarbage } from './collect-garbage.ts';
import { hasLabel, type LabelFilter } from './image-filter.ts';
import type { ImageContext } from './image-context.ts';
import { removeWhole, type Removal } from './remove-image.ts';

export interface PruneRequest {
  /** Only images without a tag; otherwise all that no container uses. */
  danglingOnly: boolean;
  labels: readonly LabelFilter[];
  withoutLabels: readonly LabelFilter[];
  /** Only images that were created before, milliseconds since the epoch. */
  until?: number | undefined;
}

/** Removes images that nothing uses, then what no image needs any more. */
export async function pruneImages(
  context: ImageContext,
  request: PruneRequest,
): Promise<{ removals: Removal[]; bytes: number }> {
  const before = totalBytes(context);
  const used = new Set(context.uses().map(({ imageId }) => imageId));
  const removals: Removal[] = [];
  for (const image of context.images.list()) {
    if (!used.has(image.id) && isWanted(image, request))
      removals.push(...(await removeWhole(context, image)));
  }
  const garbage = await collectGarbage(context);
  removals.push(...garbage.layers.map((deleted) => ({ deleted })));
  const bytes = Math.max(0, before - totalBytes(context));
  context.emit({ type: 'image', action: 'prune', id: '', attributes: { reclaimed: String(bytes) } });
  return { removals, bytes };
}

function isWanted(image: Image, { danglingOnly, labels, withoutLabels, until }: PruneRequest): boolean {
  if (danglingOnly && image.tags.length > 0) return false;
  if (until !== undefined && !(Date.parse(image.config.created ?? '') < until)) return false;
  return (
    labels.every((label) => hasLabel(image, label)) && !withoutLabels.some((label) => hasLabel(image, label))
  );
}

function totalBytes({ layers }: ImageContext): number {
  return layers.list().reduce((sum, { size }) => sum + size, 0);
}
