import { z } from 'zod';
import type { HistoryEntry } from '../../engine/images/image-history.ts';
import type { Image } from '../../image/image-store.ts';
import { familiarNames } from './image-summary.ts';

/** One line of GET /images/{name}/history, top first. */
export const historyItemSchema = z.object({
  /** The image's id for the top one; no other layer has an image of its own. */
  Id: z.string(),
  /** Seconds since the epoch. */
  Created: z.int(),
  CreatedBy: z.string(),
  Tags: z.array(z.string()).nullable(),
  Size: z.int(),
  Comment: z.string(),
});
export type HistoryItem = z.infer<typeof historyItemSchema>;

/** @param entries bottom first */
export function imageHistoryItems(image: Image, entries: readonly HistoryEntry[]): HistoryItem[] {
  return entries.toReversed().map((entry, position) => {
    const created = Date.parse(entry.created ?? '');
    return {
      Id: position === 0 ? image.id : '<missing>',
      Created: Number.isNaN(created) ? 0 : Math.floor(created / 1000),
      CreatedBy: entry.instruction,
      Tags: position === 0 && image.tags.length > 0 ? familiarNames(image.tags) : null,
      Size: entry.size,
      Comment: entry.comment,
    };
  });
}
