import { z } from 'zod';
import type { Image } from '../../image/image-store.ts';
import { familiarNames } from './image-summary.ts';

/** GET /images/{name}/json. `Descriptor` is left out on purpose: buildx would ask for policies over it. */
export const imageInspectSchema = z.object({
  Id: z.string(),
  RepoTags: z.array(z.string()),
  RepoDigests: z.array(z.string()),
  Parent: z.string(),
  Comment: z.string(),
  Created: z.string().optional(),
  DockerVersion: z.string(),
  Author: z.string(),
  Architecture: z.string(),
  Variant: z.string().optional(),
  Os: z.string(),
  Size: z.int(),
  GraphDriver: z.object({ Name: z.string(), Data: z.record(z.string(), z.string()).nullable() }),
  RootFS: z.object({ Type: z.literal('layers'), Layers: z.array(z.string()) }),
  Metadata: z.object({ LastTagTime: z.string() }),
  Config: z.record(z.string(), z.unknown()),
});
export type ImageInspect = z.infer<typeof imageInspectSchema>;

/** Go's zero time: what Docker says where there is none. */
const NEVER = '0001-01-01T00:00:00Z';

/** @param driver name of the snapshot driver, as in `info` */
export function imageInspect(image: Image, driver: string): ImageInspect {
  const { config } = image;
  return {
    Id: image.id,
    RepoTags: familiarNames(image.tags),
    RepoDigests: familiarNames(image.digests),
    Parent: '',
    Comment: config.comment ?? config.history?.at(-1)?.comment ?? '',
    ...(config.created ? { Created: config.created } : {}),
    DockerVersion: config.docker_version ?? '',
    Author: config.author ?? '',
    Architecture: config.architecture,
    ...(config.variant ? { Variant: config.variant } : {}),
    Os: config.os,
    Size: image.size,
    GraphDriver: { Name: driver, Data: null },
    RootFS: { Type: 'layers', Layers: [...image.diffIds] },
    Metadata: { LastTagTime: image.lastTagTime ?? NEVER },
    Config: { ...config.config },
  };
}
