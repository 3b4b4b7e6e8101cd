import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { containerBundle } from '../conmon/bundle-paths.ts';
import type { Layout } from '../../store/layout.ts';

const schema = z.object({
  runtime: z.enum(['crun', 'runc']),
  /** Absolute path of the container's cgroup in every hierarchy. */
  cgroup: z.string(),
});
/** How a container was made: a later daemon may have other defaults. Kept in its bundle. */
export type MadeWith = z.infer<typeof schema>;

export async function writeMadeWith(layout: Layout, id: string, made: MadeWith): Promise<void> {
  await writeFile(pathOf(layout, id), JSON.stringify(made), { mode: 0o600 });
}

/** Null for a container that is not made, and for one of a daemon that did not write it down. */
export function readMadeWith(layout: Layout, id: string): MadeWith | null {
  try {
    return schema.parse(JSON.parse(readFileSync(pathOf(layout, id), 'utf8')));
  } catch {
    // Nothing worse follows than looking in the usual place.
    return null;
  }
}

const pathOf = (layout: Layout, id: string): string =>
  join(containerBundle(layout, id).directory, 'made-with.json');
