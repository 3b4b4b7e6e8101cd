import type { Image } from '../../image/image-store.ts';
import type { LayerStore } from '../../layer/layer-store.ts';
import type { Digest } from '../../oci/digest.ts';

/** One instruction of an image, bottom first. */
export interface HistoryEntry {
  /** ISO 8601; null where the image does not say. */
  created: string | null;
  instruction: string;
  comment: string;
  /** Position of its layer in the stack; null for an instruction that made none. */
  layer: number | null;
  size: number;
}

/**
 * What made each layer (image-spec, config.md: `history`). The history is a promise of the builder's, not
 * checked by any digest's arithmetic: layers that it does not mention get an entry without an instruction.
 */
export function imageHistory(
  { config, diffIds }: Pick<Image, 'config' | 'diffIds'>,
  layers: Pick<LayerStore, 'has' | 'meta'>,
): HistoryEntry[] {
  const sizeOf = (diffId: Digest): number => (layers.has(diffId) ? layers.meta(diffId).size : 0);
  let next = 0;
  const told = (config.history ?? []).flatMap((entry): HistoryEntry[] => {
    const diffId = entry.empty_layer ? undefined : diffIds[next];
    if (!entry.empty_layer && diffId === undefined) return [];
    const common = {
      created: entry.created ?? null,
      instruction: entry.created_by ?? '',
      comment: entry.comment ?? '',
    };
    if (diffId === undefined) return [{ ...common, layer: null, size: 0 }];
    next += 1;
    return [{ ...common, layer: next - 1, size: sizeOf(diffId) }];
  });
  const untold = diffIds.slice(next).map((diffId, offset) => ({
    created: null,
    instruction: '',
    comment: '',
    layer: next + offset,
    size: sizeOf(diffId),
  }));
  return [...told, ...untold];
}
