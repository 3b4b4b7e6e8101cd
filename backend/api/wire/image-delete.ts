import { z } from 'zod';
import type { Removal } from '../../engine/images/remove-image.ts';

/** One line of DELETE /images/{name}. */
export const imageDeleteItemSchema = z.object({
  Untagged: z.string().optional(),
  Deleted: z.string().optional(),
});
export type ImageDeleteItem = z.infer<typeof imageDeleteItemSchema>;

/** POST /images/prune. */
export const imagesPruneSchema = z.object({
  ImagesDeleted: z.array(imageDeleteItemSchema),
  /** Bytes. */
  SpaceReclaimed: z.int(),
});
export type ImagesPrune = z.infer<typeof imagesPruneSchema>;

export function imageDeleteItems(removals: readonly Removal[]): ImageDeleteItem[] {
  return removals.map((removal) =>
    'untagged' in removal ? { Untagged: removal.untagged } : { Deleted: removal.deleted },
  );
}
