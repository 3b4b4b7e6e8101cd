import { constants, type BigIntStats } from 'node:fs';
import { open, readlink } from 'node:fs/promises';
import { deviceOf } from '../linux/device-number.ts';
import { secondsOf, timestampOf } from '../linux/file-times.ts';
import { walkTree, type Found } from '../linux/walk-tree.ts';
import { readXattrs } from '../linux/xattr.ts';
import { digestOf, type Digest } from '../oci/digest.ts';
import { OVERFLOW_ID, toContainer, type IdMapping } from '../oci/id-mapping.ts';
import { compareNames, showName } from './byte-names.ts';
import type { EntryType, LayerEntry, LayerIndex } from './layer-index.ts';
import { shownXattrs } from './shown-xattrs.ts';

export interface UpperOptions {
  /** Files up to this many bytes are hashed, so that a change of their content is known for sure. */
  hashUpTo?: number | undefined;
  /** Of a container in a user namespace: owners are told as it counts them, like those of the layers. */
  mapping?: IdMapping | null | undefined;
}

/**
 * The index of an overlayfs upper directory, so that a container's writable layer reads like a layer of
 * its image. Works while the container runs; what changes meanwhile is seen before or after the change.
 */
export async function indexUpper(
  directory: string,
  { hashUpTo = 65536, mapping = null }: UpperOptions = {},
): Promise<LayerIndex> {
  const entries: LayerEntry[] = [];
  const firstNames = new Map<string, string>();
  await walkTree(directory, async (found) => {
    const entry = await entryOf(found, hashUpTo, mapping);
    const inode = `${found.stats.dev}:${found.stats.ino}`;
    const first = firstNames.get(inode);
    if (found.stats.nlink > 1n && !found.stats.isDirectory() && entry.type !== 'whiteout') {
      if (first !== undefined) entry.hardLink = first;
      else firstNames.set(inode, entry.path);
    }
    entries.push(entry);
  });
  return { diffId: null, entries: entries.sort((a, b) => compareNames(a.path, b.path)) };
}

const OVERLAY = 'trusted.overlay.';

async function entryOf(found: Found, hashUpTo: number, mapping: IdMapping | null): Promise<LayerEntry> {
  const { stats, path, handlePath } = found;
  const xattrs = xattrsOf(handlePath);
  const type = typeOf(stats, xattrs);
  const entry: LayerEntry = {
    path: showName(path),
    type,
    mode: Number(stats.mode & 0o7777n),
    uid: toContainer(mapping, Number(stats.uid)) ?? OVERFLOW_ID,
    gid: toContainer(mapping, Number(stats.gid)) ?? OVERFLOW_ID,
    size: type === 'file' ? Number(stats.size) : 0,
    mtime: secondsOf(timestampOf(stats.mtimeNs)),
  };
  if (type === 'symlink')
    entry.linkTarget = showName((await readlink(handlePath, 'buffer')).toString('latin1'));
  if (type === 'char' || type === 'block' || type === 'whiteout') entry.rdev = deviceOf(stats.rdev);
  if (xattrs.get(`${OVERLAY}opaque`)?.toString() === 'y') entry.opaque = true;
  const own = new Map([...xattrs].filter(([name]) => !name.startsWith(OVERLAY)));
  if (own.size > 0) entry.xattrs = shownXattrs(own);
  if (type === 'file' && entry.size <= hashUpTo) await addDigest(entry, handlePath);
  return entry;
}

/** The file may be gone, or be another one, by now: then it has no attributes of its own to tell. */
function xattrsOf(path: Buffer): Map<string, Buffer> {
  try {
    return readXattrs(path);
  } catch {
    return new Map();
  }
}

function typeOf(stats: BigIntStats, xattrs: ReadonlyMap<string, Buffer>): EntryType {
  if (stats.isDirectory()) return 'directory';
  if (stats.isSymbolicLink()) return 'symlink';
  if (stats.isFIFO()) return 'fifo';
  if (stats.isSocket()) return 'socket';
  if (stats.isBlockDevice()) return 'block';
  if (stats.isCharacterDevice()) return stats.rdev === 0n ? 'whiteout' : 'char';
  // Where the kernel cannot make a 0:0 device it marks an empty file (overlayfs, "nesting").
  return xattrs.has(`${OVERLAY}whiteout`) ? 'whiteout' : 'file';
}

async function addDigest(entry: LayerEntry, path: Buffer): Promise<void> {
  try {
    entry.digest = await digestOfFile(path);
  } catch {
    // A file that cannot be read is listed without its digest: it went away, or became something else.
  }
}

async function digestOfFile(path: Buffer): Promise<Digest> {
  // A FIFO put in the file's place meanwhile must not hold us up.
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    return digestOf(await file.readFile());
  } finally {
    await file.close();
  }
}
