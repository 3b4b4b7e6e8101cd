import { lstatSync, readlinkSync, type BigIntStats } from 'node:fs';
import { deviceOf } from '../../linux/device-number.ts';
import { timestampOf } from '../../linux/file-times.ts';
import { atDescriptor, atName, PathWalk } from '../../linux/path-walk.ts';
import type { EntryType } from '../layer-index.ts';
import { explainFailure } from './explain-failure.ts';
import type { PathStat, ResourcePath } from './messages.ts';
import { nameOfResource } from './resource-path.ts';

/** A resource that is there. The walk stands in the directory itself, or in the one that holds the name. */
export interface OpenResource {
  walk: PathWalk;
  /** Null for a directory. */
  name: string | null;
  stats: BigIntStats;
}

/** @throws not-found; invalid-argument where a component is no directory */
export function openResource(root: number, path: ResourcePath): OpenResource {
  const walk = new PathWalk(root);
  try {
    walk.to(path.directory);
    if (path.isDirectory) walk.to(path.base);
    else {
      const stats = lstatSync(atName(walk.directory, path.base), { bigint: true });
      if (!stats.isDirectory()) return { walk, name: path.base, stats };
      walk.enter(path.base);
    }
    return { walk, name: null, stats: lstatSync(`${atDescriptor(walk.directory)}/.`, { bigint: true }) };
  } catch (error) {
    walk[Symbol.dispose]();
    throw explainFailure(error);
  }
}

export function statOf(root: number, path: ResourcePath, { walk, name, stats }: OpenResource): PathStat {
  const linkTarget = stats.isSymbolicLink() ? followed(root, walk.path, name ?? '') : '';
  return attributesOf(nameOfResource(path), stats, linkTarget);
}

export function attributesOf(name: string, stats: BigIntStats, linkTarget: string): PathStat {
  const type = typeOf(stats);
  return {
    name,
    size: Number(stats.size),
    type,
    mode: Number(stats.mode & 0o7777n),
    mtime: timestampOf(stats.mtimeNs),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    device: type === 'char' || type === 'block' ? deviceOf(stats.rdev) : [0, 0],
    linkTarget,
  };
}

function typeOf(stats: BigIntStats): EntryType {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  if (stats.isSymbolicLink()) return 'symlink';
  if (stats.isFIFO()) return 'fifo';
  if (stats.isSocket()) return 'socket';
  return stats.isBlockDevice() ? 'block' : 'char';
}

const MAX_SYMLINKS = 40;

/** Where a path leads, as far as it leads anywhere: what is missing on the way stays as its text. */
function followed(root: number, directory: string, base: string): string {
  using walk = new PathWalk(root);
  walk.to(directory);
  const waiting = [base];
  const missing: string[] = [];
  let links = 0;
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (name === '' || name === '.') continue;
    if (name === '..') {
      if (missing.pop() === undefined) walk.up();
      continue;
    }
    const target = missing.length > 0 ? null : readLink(walk, name);
    if (target === null || links > MAX_SYMLINKS) {
      if (missing.length > 0 || !entered(walk, name)) missing.push(name);
      continue;
    }
    links += 1;
    if (target.startsWith('/')) walk.back(0);
    waiting.push(...target.split('/').toReversed());
  }
  return `/${[...walk.names, ...missing].join('/')}`;
}

function readLink(walk: PathWalk, name: string): string | null {
  try {
    return readlinkSync(atName(walk.directory, name), 'latin1');
  } catch {
    return null;
  }
}

function entered(walk: PathWalk, name: string): boolean {
  try {
    walk.enter(name);
    return true;
  } catch {
    return false;
  }
}
