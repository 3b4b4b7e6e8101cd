import { z } from 'zod';

const imageSummarySchema = z.object({
  Id: z.string(),
  RepoTags: z.array(z.string()).nullish(),
  RepoDigests: z.array(z.string()).nullish(),
  Created: z.number(),
  Size: z.number(),
  Containers: z.number().optional(),
});
export type ImageSummary = z.infer<typeof imageSummarySchema>;
export const imageListSchema = z.array(imageSummarySchema);

/** One line of a pull's progress stream. */
export const pullProgressSchema = z.object({
  id: z.string().optional(),
  status: z.string().optional(),
  progressDetail: z.object({ current: z.number().optional(), total: z.number().optional() }).optional(),
  error: z.string().optional(),
  errorDetail: z.object({ message: z.string().optional() }).optional(),
});
export type PullProgress = z.infer<typeof pullProgressSchema>;

/** The parts of an image's config that suggest how to run it. */
export const imageDetailsSchema = z.object({
  Id: z.string(),
  Config: z
    .object({
      ExposedPorts: z.record(z.string(), z.unknown()).nullish(),
      Cmd: z.array(z.string()).nullish(),
      Entrypoint: z.array(z.string()).nullish(),
    })
    .nullish(),
});
export type ImageDetails = z.infer<typeof imageDetailsSchema>;
