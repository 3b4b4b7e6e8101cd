import { z } from 'zod';

/** The parts of Docker's container shapes that the editor shows; everything else is let through unread. */

const portSchema = z.object({
  IP: z.string().optional(),
  PrivatePort: z.number(),
  PublicPort: z.number().optional(),
  Type: z.string(),
});
export type Port = z.infer<typeof portSchema>;

const containerSummarySchema = z.object({
  Id: z.string(),
  Names: z.array(z.string()).nullable(),
  Image: z.string(),
  ImageID: z.string(),
  Command: z.string(),
  Created: z.number(),
  Ports: z.array(portSchema).nullable(),
  SizeRw: z.number().optional(),
  SizeRootFs: z.number().optional(),
  State: z.string(),
  Status: z.string(),
  Labels: z.record(z.string(), z.string()).nullish(),
});
export type ContainerSummary = z.infer<typeof containerSummarySchema>;
export const containerListSchema = z.array(containerSummarySchema);

/** What a terminal and a log view have to know of a container. */
export const containerDetailsSchema = z.object({
  Id: z.string(),
  Name: z.string(),
  State: z.object({ Status: z.string(), Running: z.boolean(), ExitCode: z.number() }),
  Config: z.object({ Tty: z.boolean().optional(), Image: z.string().optional() }),
});
export type ContainerDetails = z.infer<typeof containerDetailsSchema>;

export const createdContainerSchema = z.object({ Id: z.string(), Warnings: z.array(z.string()).nullish() });
export const createdExecSchema = z.object({ Id: z.string() });
export const execDetailsSchema = z.object({ Running: z.boolean(), ExitCode: z.number().nullish() });
