import { byteString, compareNames, nameBytes } from '../../layer/byte-names.ts';
import type { LayerEntry, LayerIndex } from '../../layer/layer-index.ts';
import { changesOfLayer, type PathChange } from '../../layer/views/layer-changes.ts';
import { parentPath } from '../../layer/views/merge-stack.ts';

/** A changed path of a container, without a leading slash, as `docker diff` has it. */
export interface WritableChange {
  path: string;
  kind: 'modified' | 'added' | 'deleted';
}

/**
 * What a container changed, by Docker's rules: size and time of a directory say nothing, what was only opened for
 * writing is no change, and a directory is modified when something in it is. In the order of a walk.
 */
export function writableChanges(stack: readonly LayerIndex[]): WritableChange[] {
  const upper = stack.at(-1)?.entries ?? [];
  const kinds = new Map<string, WritableChange['kind']>();
  for (const change of changesOfLayer(stack, stack.length - 1))
    if (isChange(change) && !isMountPlace(change, upper)) kinds.set(change.path, change.change);
  // Parents that are added on the way have theirs already.
  for (const path of kinds.keys()) addParents(path, kinds);
  kinds.delete('');
  return [...kinds]
    .map(([path, kind]) => ({ path, kind }))
    .sort((a, b) => compareNames(walkOrder(a.path), walkOrder(b.path)));
}

/**
 * Paths of the writable layer (byte strings) that are no part of what the container made: places of mounts, and directories that
 * were copied up for their sake alone. Everything else belongs to a layer that is made of it, also what looks
 * unchanged: a time may have been set back.
 */
export function pathsToLeaveOut(stack: readonly LayerIndex[]): Set<string> {
  const upper = stack.at(-1)?.entries ?? [];
  const changed = new Set(writableChanges(stack).map(({ path }) => path));
  const kept = new Set<string>();
  for (const entry of upper) {
    const { path, type } = entry;
    const saysNothing = (type === 'directory' || type === 'whiteout') && !changed.has(path);
    if (saysNothing || isStub(entry)) continue;
    for (let at = path; !kept.has(at) && at !== ''; at = parentPath(at)) kept.add(at);
  }
  return new Set(
    upper.flatMap(({ path }) => (path === '' || kept.has(path) ? [] : [byteString(nameBytes(path))])),
  );
}

/** Where the runtime mounts its own files and file systems. Docker has these places in a layer below the container's. */
const FILES = new Set(['etc/hosts', 'etc/hostname', 'etc/resolv.conf']);
const DIRECTORIES = new Set(['etc', 'dev', 'proc', 'sys']);

function isStub({ path, type, size }: LayerEntry): boolean {
  return FILES.has(path) && type === 'file' && size === 0;
}

/** An empty file or directory that the runtime has left. */
function isMountPlace({ path, change, entry }: PathChange, upper: readonly LayerEntry[]): boolean {
  if (entry && isStub(entry)) return true;
  if (change !== 'added' || !DIRECTORIES.has(path)) return false;
  return !upper.some((other) => other.path.startsWith(`${path}/`) && !isStub(other));
}

function isChange({ path, change, differs = [], entry, opaque }: PathChange): boolean {
  if (change !== 'modified') return true;
  if (path === '') return false;
  // What an opaque directory hides is listed by itself, and makes the directory modified.
  if (entry?.type === 'directory') return differs.some((difference) => difference !== 'mtime');
  return differs.length > 0 || opaque === true;
}

function addParents(path: string, kinds: Map<string, WritableChange['kind']>): void {
  for (let parent = parentPath(path); parent !== '' && !kinds.has(parent); parent = parentPath(parent))
    kinds.set(parent, 'modified');
}

/** A directory's content comes right after it: before `a-b` stands what is in `a`. */
function walkOrder(path: string): string {
  return path.replaceAll('/', '\0');
}
