import { compareNames } from '../byte-names.ts';
import type { LayerEntry, LayerIndex } from '../layer-index.ts';
import { mergeStack, type MergedNode } from './merge-stack.ts';

/** A path of the merged view and the position of the layer that gives it. */
export interface TreeNode {
  path: string;
  layer: number;
  entry: LayerEntry;
}

export interface TreeRequest {
  /** Directory (or file) to begin with; default the root. Not listed itself, unless it is no directory. */
  path?: string | undefined;
  /** Everything below, and not only the directory's own names. */
  recursive?: boolean | undefined;
}

/** The merged view at a layer, sorted by path; undefined where it has no such path. */
export function mergedTree(
  stack: readonly LayerIndex[],
  at: number,
  { path = '', recursive = false }: TreeRequest = {},
): TreeNode[] | undefined {
  const start = mergeStack(stack, at).get(path);
  if (!start) return undefined;
  if (!start.children) return [treeNode(start)];
  const found: TreeNode[] = [];
  const waiting = [...start.children];
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    found.push(treeNode(node));
    if (recursive && node.children) for (const child of node.children) waiting.push(child);
  }
  return found.sort((a, b) => compareNames(a.path, b.path));
}

function treeNode({ path, layer, entry }: MergedNode): TreeNode {
  return { path, layer, entry };
}
