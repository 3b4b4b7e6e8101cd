import { z } from 'zod';

export const engineEventSchema = z.object({
  Type: z.string(),
  Action: z.string(),
  Actor: z.object({
    ID: z.string(),
    Attributes: z.record(z.string(), z.string()).nullish(),
  }),
  time: z.number().optional(),
  timeNano: z.number().optional(),
});
export type EngineEvent = z.infer<typeof engineEventSchema>;

export const engineInfoSchema = z.object({
  ID: z.string().optional(),
  Name: z.string().optional(),
  ServerVersion: z.string().optional(),
  OperatingSystem: z.string().optional(),
  KernelVersion: z.string().optional(),
  Architecture: z.string().optional(),
  NCPU: z.number().optional(),
  MemTotal: z.number().optional(),
  Driver: z.string().optional(),
});
export type EngineInfo = z.infer<typeof engineInfoSchema>;
