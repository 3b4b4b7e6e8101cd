import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { conflict } from '../base/errors.ts';
import { removeTree } from '../linux/remove-tree.ts';
import { runCommand } from '../linux/run-command.ts';
import type { Layout } from '../store/layout.ts';
import { publishCopy } from './publish-copy.ts';
import { publishReplacement } from './publish-replacement.ts';
import { needsMount } from './volume-options.ts';
import { volumePaths } from './volume-paths.ts';
import type { StoredVolume } from './volume-records.ts';
import { FILES_HOLDER, type StagedContent } from './volumes.ts';

/** What is mounted from somewhere else has its own file system, and a rename does not lead from one to another. */
export async function stageContent(layout: Layout, volume: StoredVolume | null): Promise<StagedContent> {
  const unique = randomBytes(8).toString('hex');
  const mounted = volume !== null && needsMount(volume.options);
  const path = mounted
    ? join(volumePaths(layout, volume.name).data, `.strata-import-${unique}`)
    : join(layout.tmp, `volume-${unique}`);
  if (!mounted) await mkdir(layout.tmp, { recursive: true });
  await mkdir(path, { mode: 0o755 });
  return { path, [Symbol.asyncDispose]: () => removeTree(path) };
}

export interface Publication {
  replace: boolean;
  holders: readonly string[];
}

/** Called under the volume's lock. @throws conflict */
export async function publishContent(
  layout: Layout,
  volume: StoredVolume,
  path: string,
  publication: Publication,
): Promise<void> {
  await writeOut(path);
  const paths = volumePaths(layout, volume.name);
  const others = await checkPublishable(layout, volume, publication, path);
  if (needsMount(volume.options)) return publishInMount(paths.data, path, others);
  await rename(path, others.length > 0 ? paths.replace : paths.ready);
  if (others.length > 0) publishReplacement(paths, layout.tmp);
  else publishCopy(paths);
}

/** @returns what the volume holds beside the staged directory. @throws conflict where it may not give way */
export async function checkPublishable(
  layout: Layout,
  { name }: StoredVolume,
  { replace, holders }: Publication,
  staged = '',
): Promise<Buffer[]> {
  const names = await readdir(volumePaths(layout, name).data, { encoding: 'buffer' });
  const others = names.filter((entry) => entry.toString('latin1') !== basename(staged));
  if (others.length === 0) return [];
  if (!replace) throw conflict(`volume ${name} is not empty: what it holds is only replaced when asked for`);
  const containers = holders.filter((holder) => !holder.startsWith(FILES_HOLDER));
  if (containers.length > 0)
    throw conflict(`volume ${name} is in use - [${containers.join(', ')}]: its content cannot be replaced`);
  return others;
}

async function publishInMount(data: string, path: string, others: readonly Buffer[]): Promise<void> {
  for (const name of others) await removeTree(Buffer.concat([Buffer.from(`${data}/`), name]));
  publishCopy({ data, ready: path });
}

/** Called under the lock of a name that nobody has. The rename brings the directory with its attributes. */
export async function adoptContent(layout: Layout, name: string, path: string): Promise<void> {
  await writeOut(path);
  const { root, data } = volumePaths(layout, name);
  await mkdir(root, { recursive: true, mode: 0o711 });
  await rename(path, data);
}

/** A slow disk may have gigabytes to write. */
const SYNC_TIMEOUT = 30 * 60_000;

/** By a program: the call would hold up the daemon. */
async function writeOut(path: string): Promise<void> {
  await runCommand('sync', ['-f', path], { timeout: SYNC_TIMEOUT });
}
