import { compareNames } from '../layer/byte-names.ts';
import type { LayerIndex } from '../layer/layer-index.ts';
import { mergeStack, parentPath, type MergedNode, type MergedView } from '../layer/views/merge-stack.ts';

/** A directory whose attributes a stack has to say again on top, and the position of the layer that has them. */
export interface FixUpDirectory {
  path: string;
  /** Negative where no layer describes it: only possible for the root. */
  layer: number;
}

export interface FixUp {
  root: FixUpDirectory;
  /** Sorted, parents first, without the root. Empty for most stacks. */
  directories: FixUpDirectory[];
}

/**
 * What a plain stack of directories would show wrong. Two cases, both put right by repeating the directory
 * in a layer of its own on top:
 * - A layer that holds only `tmp/x` has a `/tmp` of its own making; the real attributes are in a layer below.
 * - overlayfs leaves whiteouts out of a listing only where it merges directories. In a directory that a
 *   single layer has, they show as names that cannot be opened, and `rm -r` stumbles over them.
 */
export function planFixUp(stack: readonly LayerIndex[]): FixUp {
  const view = mergeStack(stack);
  const chosen = new Map<string, FixUpDirectory>();
  for (const node of view.values()) if (node.path !== '' && isWrong(node)) choose(view, node.path, chosen);
  const directories = [...chosen.values()].sort((a, b) => compareNames(a.path, b.path));
  return { root: { path: '', layer: view.get('')?.layer ?? -1 }, directories };
}

function isWrong(node: MergedNode): boolean {
  if (!node.children) return false;
  return node.top !== node.layer || (node.hasWhiteouts && node.mergedLayers === 1);
}

/** The way to it has to be there too, and repeats the attributes that hold. */
function choose(view: MergedView, path: string, chosen: Map<string, FixUpDirectory>): void {
  for (let here = path; here !== '' && !chosen.has(here); here = parentPath(here)) {
    const node = view.get(here);
    if (node) chosen.set(here, { path: here, layer: node.layer });
  }
}
