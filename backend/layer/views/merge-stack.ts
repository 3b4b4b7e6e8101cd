import type { LayerEntry, LayerIndex } from '../layer-index.ts';

/** A path of the merged view: what a process would see there. */
export interface MergedNode {
  path: string;
  /** The attributes that hold. For an implied directory they come from a lower layer where one has them. */
  entry: LayerEntry;
  /** Position of the layer that `entry` comes from. */
  layer: number;
  /** Position of the topmost layer that has this path; above `layer` for an implied directory. */
  top: number;
  /** A directory's merged layers: those that overlayfs reads together for it. */
  mergedLayers: number;
  /** One of the merged layers holds whiteouts in this directory. */
  hasWhiteouts: boolean;
  children: Set<MergedNode> | null;
}

/** The merged view of some layers, by path. The root has a node even where no layer describes it. */
export type MergedView = Map<string, MergedNode>;

/** Pure: the view of the layers up to and including `at`, by overlayfs' rules, without touching a disk. */
export function mergeStack(stack: readonly LayerIndex[], at = stack.length - 1): MergedView {
  const view: MergedView = new Map([['', rootNode()]]);
  for (let layer = 0; layer <= at; layer += 1) applyLayer(view, stack[layer]?.entries ?? [], layer);
  return view;
}

/** Puts one more layer on a view. Entries are sorted, so a directory comes before what is in it. */
function applyLayer(view: MergedView, entries: readonly LayerEntry[], layer: number): void {
  for (const entry of entries) {
    const existing = view.get(entry.path);
    if (entry.type === 'whiteout') hide(view, entry.path, existing);
    else if (entry.type === 'directory' && existing?.children) mergeDirectory(view, existing, entry, layer);
    else {
      if (existing) removeSubtree(view, existing);
      addNode(view, entry, layer);
    }
  }
}

export function parentPath(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

const NOWHERE = -1;

function rootNode(): MergedNode {
  const entry: LayerEntry = {
    path: '',
    type: 'directory',
    mode: 0o755,
    uid: 0,
    gid: 0,
    size: 0,
    mtime: 0,
    implied: true,
  };
  return {
    path: '',
    entry,
    layer: NOWHERE,
    top: NOWHERE,
    mergedLayers: 0,
    hasWhiteouts: false,
    children: new Set(),
  };
}

function addNode(view: MergedView, entry: LayerEntry, layer: number): void {
  const children = entry.type === 'directory' ? new Set<MergedNode>() : null;
  const node: MergedNode = {
    path: entry.path,
    entry,
    layer,
    top: layer,
    mergedLayers: 1,
    hasWhiteouts: false,
    children,
  };
  view.set(entry.path, node);
  view.get(parentPath(entry.path))?.children?.add(node);
}

function mergeDirectory(view: MergedView, node: MergedNode, entry: LayerEntry, layer: number): void {
  if (entry.opaque) {
    for (const child of node.children ?? []) removeSubtree(view, child);
    node.mergedLayers = 0;
    node.hasWhiteouts = false;
  }
  node.mergedLayers += 1;
  node.top = layer;
  if (entry.implied && node.layer !== NOWHERE) return;
  node.entry = entry;
  node.layer = layer;
}

function hide(view: MergedView, path: string, existing: MergedNode | undefined): void {
  const parent = view.get(parentPath(path));
  if (parent) parent.hasWhiteouts = true;
  if (existing) removeSubtree(view, existing);
}

function removeSubtree(view: MergedView, node: MergedNode): void {
  view.get(parentPath(node.path))?.children?.delete(node);
  const waiting = [node];
  for (let gone = waiting.pop(); gone; gone = waiting.pop()) {
    view.delete(gone.path);
    if (gone.children) waiting.push(...gone.children);
  }
}
