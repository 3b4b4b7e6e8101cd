import { secondsOf } from '../../linux/file-times.ts';
import type { Digest } from '../../oci/digest.ts';
import { compareNames, showName } from '../byte-names.ts';
import type { LayerEntry, LayerIndex } from '../layer-index.ts';
import { shownXattrs } from '../shown-xattrs.ts';
import type { Inode, LayerTree, Node } from './layer-tree.ts';

/** The index of a layer that is whole, and the bytes of its files, each counted once whatever its names. */
export function buildIndex(tree: LayerTree, diffId: Digest): { index: LayerIndex; size: number } {
  const named: { path: string; node: Node }[] = [];
  // A layer that says nothing about its root has no entry for it.
  for (const node of tree.nodes())
    if (node.parent || !node.implied || node.opaque) named.push({ path: showName(node.path), node });
  named.sort((a, b) => compareNames(a.path, b.path));
  const firstNames = new Map<Inode, string>();
  let size = 0;
  const entries = named.map(({ path, node }) => {
    const first = firstNames.get(node.inode);
    if (first === undefined) size += node.inode.size;
    if (first === undefined && !node.children) firstNames.set(node.inode, path);
    return entryOf(path, node, first);
  });
  return { index: { diffId, entries }, size };
}

function entryOf(path: string, { inode, implied, opaque }: Node, hardLink: string | undefined): LayerEntry {
  const { type, mode, uid, gid, size, mtime, digest, device, linkTarget, xattrs } = inode;
  const entry: LayerEntry = { path, type, mode, uid, gid, size, mtime: secondsOf(mtime) };
  if (linkTarget !== undefined) entry.linkTarget = showName(linkTarget);
  if (hardLink !== undefined) entry.hardLink = hardLink;
  if (digest) entry.digest = digest;
  if (device) entry.rdev = device;
  if (xattrs?.size) entry.xattrs = shownXattrs(xattrs);
  if (implied) entry.implied = true;
  if (opaque) entry.opaque = true;
  return entry;
}
