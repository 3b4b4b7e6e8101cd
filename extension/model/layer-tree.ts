import type { FileAttributes, LayerChange, MergedTree } from '../../backend/api/wire/strata-layers.ts';

type Mark = 'A' | 'M' | 'D' | '';

/** One line of the file tree, in depth-first order. `end` is the index after its last descendant. */
export interface TreeRow {
  name: string;
  depth: number;
  end: number;
  mark: Mark;
  /** `implied`: a directory that only stands in the tree because something below it does. */
  type: FileAttributes['type'] | 'implied';
  /** Own size of a file; for a directory the sum of what is below it, deleted files left out. */
  size: number;
  /** The layer that gives it in the merged tree; the layer itself in its changes. */
  layer: number;
  /** Marked entries at and below this one. */
  changed: number;
  /** Permissions, owner and link target in one line, empty where unknown. */
  detail: string;
}

interface Node {
  name: string;
  mark: Mark;
  type: TreeRow['type'];
  size: number;
  layer: number;
  detail: string;
  children: Map<string, Node>;
}

/** The changes of one layer as a tree. */
export function changesTree(changes: readonly LayerChange[], layer: number): TreeRow[] {
  const root = newNode('', layer);
  for (const change of changes) mark(root, change, layer);
  return rowsOf(root);
}

/** Everything visible at a layer, with the marks of what that layer did; what it deleted stands as a ghost. */
export function markedTree(tree: MergedTree, changes: readonly LayerChange[]): TreeRow[] {
  const root = newNode('', tree.at);
  for (const entry of tree.entries) {
    const node = nodeAt(root, entry.path, tree.at);
    if (node !== undefined) fill(node, entry.file, entry.layer);
  }
  for (const change of changes) mark(root, change, tree.at);
  return rowsOf(root);
}

function newNode(name: string, layer: number): Node {
  return { name, mark: '', type: 'implied', size: 0, layer, detail: '', children: new Map() };
}

function nodeAt(root: Node, path: string, layer: number): Node | undefined {
  const names = path.split('/').filter((name) => name !== '');
  if (names.length === 0) return undefined;
  let node = root;
  for (const name of names) {
    let child = node.children.get(name);
    if (child === undefined) {
      child = newNode(name, layer);
      node.children.set(name, child);
    }
    node = child;
  }
  return node;
}

function fill(node: Node, file: FileAttributes, layer: number): void {
  node.type = file.type;
  node.size = file.type === 'file' ? file.size : 0;
  node.layer = layer;
  node.detail = detailOf(file);
}

function mark(root: Node, change: LayerChange, layer: number): void {
  const node = nodeAt(root, change.path, layer);
  if (node === undefined) return;
  node.mark = letterOf(change.change);
  const file = change.file ?? change.shadowed;
  if (file !== undefined) fill(node, file, layer);
  else node.type = 'file';
  if (change.change === 'modified' && change.differs !== undefined && change.differs.length > 0) {
    node.detail = `${change.differs.join(', ')} · ${node.detail}`;
  }
  if (change.opaque === true) node.detail = `opaque · ${node.detail}`;
}

function letterOf(change: LayerChange['change']): Mark {
  return change === 'added' ? 'A' : change === 'modified' ? 'M' : 'D';
}

/** `rwsr-xr-x 0:0 → target`, as `ls -l` writes it. */
export function detailOf(file: FileAttributes): string {
  const link = file.linkTarget === undefined ? '' : ` → ${file.linkTarget}`;
  return `${modeText(file.mode)} ${file.uid}:${file.gid}${link}`;
}

function modeText(mode: number): string {
  const triple = (bits: number, special: boolean, letter: string) => {
    const x = (bits & 1) !== 0;
    const last = special ? (x ? letter : letter.toUpperCase()) : x ? 'x' : '-';
    return `${(bits & 4) === 0 ? '-' : 'r'}${(bits & 2) === 0 ? '-' : 'w'}${last}`;
  };
  return (
    triple((mode >> 6) & 7, (mode & 0o4000) !== 0, 's') +
    triple((mode >> 3) & 7, (mode & 0o2000) !== 0, 's') +
    triple(mode & 7, (mode & 0o1000) !== 0, 't')
  );
}

function rowsOf(root: Node): TreeRow[] {
  const rows: TreeRow[] = [];
  for (const child of ordered(root)) append(rows, child, 0);
  return rows;
}

/** Depth is bounded by the longest path that a layer can hold (PATH_MAX), well within the call stack. */
function append(rows: TreeRow[], node: Node, depth: number): TreeRow {
  const { name, mark, type, layer, detail } = node;
  const row: TreeRow = { name, depth, end: 0, mark, type, size: 0, layer, changed: 0, detail };
  rows.push(row);
  row.changed = mark === '' ? 0 : 1;
  row.size = node.size;
  for (const child of ordered(node)) {
    const below = append(rows, child, depth + 1);
    row.changed += below.changed;
    if (below.mark !== 'D') row.size += below.size;
  }
  row.end = rows.length;
  return row;
}

/** Directories first, then by name; the order does not depend on the user's locale. */
function ordered(node: Node): Node[] {
  const rank = (child: Node) =>
    child.children.size > 0 || child.type === 'directory' || child.type === 'implied' ? 0 : 1;
  return Array.from(node.children.values()).sort(
    (a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
}

/** How much a layer added, changed and deleted, for the line above the tree. */
export function countChanges(changes: readonly LayerChange[]): {
  added: number;
  modified: number;
  deleted: number;
} {
  const counts = { added: 0, modified: 0, deleted: 0 };
  for (const change of changes) counts[change.change] += 1;
  return counts;
}
