import { z } from 'zod';
import type { Image } from '../../image/image-store.ts';
import { familiarString, parseReference } from '../../oci/reference.ts';

/** One line of GET /images/json. `SharedSize` and `Containers` are -1 where they were not asked for. */
export const imageSummarySchema = z.object({
  Id: z.string(),
  ParentId: z.string(),
  RepoTags: z.array(z.string()),
  RepoDigests: z.array(z.string()),
  /** Seconds since the epoch; 0 where the image does not say. */
  Created: z.int(),
  /** Bytes of the unpacked layers. */
  Size: z.int(),
  SharedSize: z.int(),
  Labels: z.record(z.string(), z.string()).nullable(),
  Containers: z.int(),
});
export type ImageSummary = z.infer<typeof imageSummarySchema>;

export function imageSummary(
  { id, tags, digests, size, config }: Image,
  counts: { sharedSize: number; containers: number },
): ImageSummary {
  const created = Date.parse(config.created ?? '');
  return {
    Id: id,
    ParentId: '',
    RepoTags: familiarNames(tags),
    RepoDigests: familiarNames(digests),
    Created: Number.isNaN(created) ? 0 : Math.floor(created / 1000),
    Size: size,
    SharedSize: counts.sharedSize,
    Labels: config.config?.Labels ?? null,
    Containers: counts.containers,
  };
}

export function familiarNames(names: readonly string[]): string[] {
  return names.map((name) => familiarString(parseReference(name)));
}
