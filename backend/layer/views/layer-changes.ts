import { compareNames } from '../byte-names.ts';
import type { LayerEntry, LayerIndex } from '../layer-index.ts';
import { compareEntries, type Difference } from './compare-entries.ts';
import { mergeStack, type MergedNode, type MergedView } from './merge-stack.ts';

/** What one layer does to one path. */
export interface PathChange {
  path: string;
  change: 'added' | 'modified' | 'deleted';
  /** The directory hides what lower layers have in it. */
  opaque?: boolean;
  /** For `modified`: empty where the layer holds the very same file once more. */
  differs?: Difference[];
  /** Absent for `deleted`. */
  entry?: LayerEntry;
  /** The version that the path had below this layer, and the position of the layer that gives it. */
  shadows?: number;
  shadowed?: LayerEntry;
}

/**
 * The changes that the layer at `position` makes to what lies below it, sorted by path. A directory that is
 * only on the way to something else, or that is the same as below, is no change. What a whiteout or an
 * opaque directory takes away is listed path by path, unless the whole directory went: then once.
 */
export function changesOfLayer(stack: readonly LayerIndex[], position: number): PathChange[] {
  const below = mergeStack(stack, position - 1);
  const changes: PathChange[] = [];
  const entries = stack[position]?.entries ?? [];
  const present = new Set(entries.map((entry) => entry.path));
  for (const entry of entries) {
    const change = changeOf(entry, below.get(entry.path));
    if (change) changes.push(change);
    if (entry.opaque) changes.push(...hiddenBy(entry, below, present));
  }
  return changes.sort((a, b) => compareNames(a.path, b.path));
}

function changeOf(entry: LayerEntry, before: MergedNode | undefined): PathChange | undefined {
  const { path } = entry;
  if (entry.type === 'whiteout') return before ? { path, change: 'deleted', ...shadow(before) } : undefined;
  const opaque = entry.opaque ? { opaque: true } : {};
  // The root is there in every view, also where no layer says anything about it.
  const known = before && before.layer >= 0;
  if (!known)
    return path === '' || entry.implied ? impliedChange(entry) : { path, change: 'added', ...opaque, entry };
  if (entry.implied && before.entry.type === 'directory')
    return entry.opaque
      ? { path, change: 'modified', opaque: true, differs: [], entry: before.entry, ...shadow(before) }
      : undefined;
  const differs = compareEntries(before.entry, entry);
  if (entry.type === 'directory' && differs.length === 0 && !entry.opaque) return undefined;
  return { path, change: 'modified', ...opaque, differs, entry, ...shadow(before) };
}

/** A directory that nobody describes is new all the same; the root is not. */
function impliedChange(entry: LayerEntry): PathChange | undefined {
  return entry.path === '' ? undefined : { path: entry.path, change: 'added', entry };
}

function shadow(before: MergedNode): { shadows: number; shadowed: LayerEntry } {
  return { shadows: before.layer, shadowed: before.entry };
}

function hiddenBy(directory: LayerEntry, below: MergedView, present: ReadonlySet<string>): PathChange[] {
  const changes: PathChange[] = [];
  const waiting = [...(below.get(directory.path)?.children ?? [])];
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    // A name that the layer has too is modified and not deleted; what lay below it may be gone.
    if (present.has(node.path)) waiting.push(...(node.children ?? []));
    else changes.push({ path: node.path, change: 'deleted', ...shadow(node) });
  }
  return changes;
}
