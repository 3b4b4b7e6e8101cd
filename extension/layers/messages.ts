import { z } from 'zod';
import type { Provenance } from '../../backend/api/wire/strata-layers.ts';
import type { PackedRows } from '../model/pack-rows.ts';

const view = z.enum(['changes', 'tree']);
const position = z.int().nonnegative();
const path = z.string().startsWith('/').max(8_192);

/** What the page asks for. It shows names from images, so it is not trusted more than they are. */
export const fromPageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('refresh') }),
  z.object({ type: z.literal('rows'), position, view }),
  z.object({ type: z.literal('provenance'), path }),
  z.object({ type: z.literal('open'), path, position, focus: z.boolean() }),
  z.object({ type: z.literal('copy'), text: z.string().max(8_192) }),
]);
export type FromPage = z.infer<typeof fromPageSchema>;

/** A layer as the page draws it. `share` of the stack's size, 0 to 1. */
export interface LayerCard {
  position: number;
  writable: boolean;
  instruction: string;
  verb: string;
  size: number;
  share: number;
  files: number;
  digest: string;
}

export type ToPage =
  | { type: 'stack'; title: string; subtitle: string; layers: LayerCard[]; select: number | null }
  | {
      type: 'rows';
      position: number;
      view: z.infer<typeof view>;
      rows: PackedRows;
      counts: { added: number; modified: number; deleted: number };
    }
  | { type: 'provenance'; provenance: Provenance }
  | { type: 'failed'; what: 'stack' | 'rows' | 'provenance'; message: string };
