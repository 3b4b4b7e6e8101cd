import { z } from 'zod';
import type { Api } from './api.ts';

const epochSchema = z.object({ Labels: z.array(z.string()).nullish() });
const epochLabel = 'strata.epoch=';

/** Changes with every start of the engine; it is told as a label, and undefined where it tells none. */
export async function engineEpoch(api: Api, signal: AbortSignal): Promise<string | undefined> {
  const { Labels } = await api.json(epochSchema, { path: '/info', signal });
  return Labels?.find((label) => label.startsWith(epochLabel))?.slice(epochLabel.length);
}
