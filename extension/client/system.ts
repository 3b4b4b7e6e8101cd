import { z } from 'zod';
import type { Api } from './api.ts';
import { type EngineInfo, engineInfoSchema } from './shapes/system.ts';

export function engineInfo(api: Api, signal?: AbortSignal): Promise<EngineInfo> {
  return api.json(engineInfoSchema, { path: '/info', ...(signal === undefined ? {} : { signal }) });
}

const epochSchema = z.object({ Strata: z.object({ Epoch: z.string() }).nullish() });

/** Changes with every start of the engine; undefined where it tells none. */
export async function engineEpoch(api: Api, signal: AbortSignal): Promise<string | undefined> {
  const info = await api.json(epochSchema, { path: '/info', signal });
  return info.Strata?.Epoch;
}
