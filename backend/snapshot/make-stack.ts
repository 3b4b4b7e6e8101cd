import { chmodSync, lchownSync, lstatSync, mkdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { nameBytes } from '../layer/byte-names.ts';
import type { LayerStore } from '../layer/layer-store.ts';
import { setTimes, timestampOf } from '../linux/file-times.ts';
import { readXattrs, setXattr } from '../linux/xattr.ts';
import type { Digest } from '../oci/digest.ts';
import { planFixUp, type FixUpDirectory } from './plan-fix-up.ts';
import { factsFileOf, fixUpOf, type StackFacts } from './stack-facts.ts';

/** What a snapshotter needs of the layers. */
export interface StackLayers extends Pick<LayerStore, 'has' | 'index'> {
  directory(diffId: Digest): string;
}

/** Makes a stack's fix-up directory and facts in an empty directory, and syncs them. */
export async function makeStack(
  directory: string,
  stack: readonly Digest[],
  layers: StackLayers,
): Promise<StackFacts> {
  const lowers = withoutRepeats(stack);
  const { root, directories } = planFixUp(await Promise.all(lowers.map((diffId) => layers.index(diffId))));
  const sourceOf = (found: FixUpDirectory): Buffer | undefined => {
    const diffId = lowers[found.layer];
    return diffId && inside(layers.directory(diffId), found.path);
  };
  const target = fixUpOf(directory);
  mkdirSync(target, { mode: 0o755 });
  for (const found of directories) mkdirSync(inside(target, found.path), { mode: 0o755 });
  // Last, and deepest first does not matter: nothing is made in them any more.
  for (const found of [root, ...directories]) copyAttributes(sourceOf(found), inside(target, found.path));
  const { mode, uid, gid } = lstatSync(target);
  const facts: StackFacts = {
    version: 1,
    lowers,
    fixUp: directories.length > 0 || lowers.length === 0,
    root: { mode: mode & 0o7777, uid, gid },
  };
  await writeSynced(factsFileOf(directory), JSON.stringify(facts));
  return facts;
}

/**
 * overlayfs refuses a directory that is given twice (images have empty layers several times). What the
 * lower one shows, the upper one shows as well, so the lower one can go.
 */
function withoutRepeats(stack: readonly Digest[]): Digest[] {
  return stack.filter((diffId, at) => stack.lastIndexOf(diffId) === at);
}

/** Layers hold no symlink on the way to a path of their index, so that joining is safe. */
function inside(directory: string, path: string): Buffer {
  return path === ''
    ? Buffer.from(directory)
    : Buffer.concat([Buffer.from(join(directory, '/')), nameBytes(path)]);
}

function copyAttributes(source: Buffer | undefined, target: Buffer): void {
  // The root of a stack that no layer describes.
  if (!source) {
    chmodSync(target, 0o755);
    return;
  }
  const stats = lstatSync(source, { bigint: true });
  lchownSync(target, Number(stats.uid), Number(stats.gid));
  chmodSync(target, Number(stats.mode & 0o7777n));
  for (const [name, value] of readXattrs(source))
    if (!name.startsWith('trusted.overlay.')) setXattr(target, Buffer.from(name, 'latin1'), value);
  setTimes(target, timestampOf(stats.mtimeNs));
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
