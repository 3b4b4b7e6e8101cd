import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, chown, mkdir, open, readdir, rename, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { conflict } from '../base/errors.ts';
import { exchangeNames } from '../linux/exchange-names.ts';
import { removeName } from '../linux/remove-name.ts';
import { removeTree } from '../linux/remove-tree.ts';
import { runCommand } from '../linux/run-command.ts';
import { readXattrs, setXattr } from '../linux/xattr.ts';
import type { Layout } from '../store/layout.ts';
import { publishCopy } from './publish-copy.ts';
import { needsMount } from './volume-options.ts';
import { TMP_PREFIX, volumePaths } from './volume-paths.ts';
import type { StoredVolume } from './volume-records.ts';
import { FILES_HOLDER, type StagedContent } from './volumes.ts';

/** In the end the staged directory may be the volume's own: it begins with the owner and mode of that. */
export async function stageContent(layout: Layout, { name, options }: StoredVolume): Promise<StagedContent> {
  const { data } = volumePaths(layout, name);
  // What is mounted from somewhere else has its own file system, and a rename does not lead from one to another.
  const staged = needsMount(options) ? await stageInMount(data) : await stageNewContent(layout);
  const { uid, gid, mode } = await stat(data);
  await chown(staged.path, uid, gid);
  await chmod(staged.path, mode & 0o7777);
  for (const [attribute, value] of readXattrs(Buffer.from(`${data}/.`)))
    setXattr(Buffer.from(staged.path), Buffer.from(attribute, 'latin1'), value);
  return staged;
}

async function stageInMount(data: string): Promise<StagedContent> {
  const name = `.strata-import-${randomBytes(8).toString('hex')}`;
  const path = join(data, name);
  await mkdir(path, { mode: 0o700 });
  return { path, [Symbol.asyncDispose]: () => removeShared(data, name) };
}

export async function stageNewContent(layout: Layout): Promise<StagedContent> {
  await mkdir(layout.tmp, { recursive: true });
  const path = join(layout.tmp, `${TMP_PREFIX}${randomBytes(8).toString('hex')}`);
  await mkdir(path, { mode: 0o700 });
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
  const { data, ready } = volumePaths(layout, volume.name);
  const others = await checkPublishable(layout, volume, publication, path);
  if (needsMount(volume.options)) return publishInMount(data, path, others);
  // Containers would go on with the directory that was there: it gets the entries then.
  if (containersOf(publication).length > 0) {
    await rename(path, ready);
    return publishCopy({ data, ready });
  }
  // In one step, and the old content goes as what is left staged.
  if (others.length > 0) exchangeNames(path, data);
  else await rename(path, data);
}

/** @returns what the volume holds beside the staged directory. @throws conflict where it may not give way */
export async function checkPublishable(
  layout: Layout,
  { name }: StoredVolume,
  publication: Publication,
  staged = '',
): Promise<Buffer[]> {
  const names = await readdir(volumePaths(layout, name).data, { encoding: 'buffer' });
  const others = names.filter((entry) => entry.toString('latin1') !== basename(staged));
  if (others.length === 0) return [];
  if (!publication.replace)
    throw conflict(`volume ${name} is not empty: what it holds is only replaced when asked for`);
  const containers = containersOf(publication);
  if (containers.length > 0)
    throw conflict(`volume ${name} is in use - [${containers.join(', ')}]: its content cannot be replaced`);
  return others;
}

function containersOf({ holders }: Publication): string[] {
  return holders.filter((holder) => !holder.startsWith(FILES_HOLDER));
}

async function publishInMount(data: string, path: string, others: readonly Buffer[]): Promise<void> {
  for (const name of others) await removeShared(data, name.toString('latin1'));
  publishCopy({ data, ready: path });
}

/** Called under the lock of a name that nobody has. The rename brings the directory with its attributes. */
export async function adoptContent(layout: Layout, name: string, path: string): Promise<void> {
  await writeOut(path);
  const { root, data } = volumePaths(layout, name);
  await mkdir(root, { recursive: true, mode: 0o711 });
  await rename(path, data);
}

/** Deletes by descriptors: whoever else has the volume mounted may swap names meanwhile. */
async function removeShared(directory: string, name: string): Promise<void> {
  const handle = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    removeName(handle.fd, name);
  } finally {
    await handle.close();
  }
}

/** A slow disk may have gigabytes to write. */
const SYNC_TIMEOUT = 30 * 60_000;

/** By a program: the call would hold up the daemon. */
async function writeOut(path: string): Promise<void> {
  await runCommand('sync', ['-f', path], { timeout: SYNC_TIMEOUT });
}
