import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isDigest } from '../oci/digest.ts';

/** What has to be known of a stack to mount it, without looking at its layers. `stacks/<chainID>/stack.json` */
const stackFactsSchema = z.object({
  version: z.literal(1),
  /** Layers to mount, bottom first; one that is in the stack twice only at its upper place. */
  lowers: z.array(z.string().refine(isDigest)),
  /** The fix-up directory is to be mounted on top of them. */
  fixUp: z.boolean(),
  /** What the root of the writable layer has to look like. */
  root: z.object({ mode: z.int(), uid: z.int(), gid: z.int() }),
});
export type StackFacts = z.infer<typeof stackFactsSchema>;

export const fixUpOf = (stack: string): string => join(stack, 'fs');
export const factsFileOf = (stack: string): string => join(stack, 'stack.json');

/** Undefined where the stack is not there or not readable: it is made again. */
export async function readStackFacts(stack: string): Promise<StackFacts | undefined> {
  try {
    return stackFactsSchema.parse(JSON.parse(await readFile(factsFileOf(stack), 'utf8')));
  } catch {
    return undefined;
  }
}
