import type { BigIntStats } from 'node:fs';
import { timestampOf } from '../../linux/file-times.ts';
import { atDescriptor, atName } from '../../linux/path-walk.ts';
import { readXattrs } from '../../linux/xattr.ts';
import type { WrittenEntry } from '../tar/write-header.ts';
import type { TreeTarOptions } from './tree-tar.ts';

const WHITEOUT = '.wh.';
const OPAQUE_MARKER = '.wh..wh..opq';
const OVERLAY = 'trusted.overlay.';

/** How an overlayfs upper directory becomes a layer's archive (image-spec, layer.md#whiteouts). */
export function layerTarOptions(
  leaveOut: ReadonlySet<string>,
  mapping: TreeTarOptions['mapping'],
): TreeTarOptions {
  return {
    mapping,
    treat: (path, name, stats, parent) => {
      if (leaveOut.has(path)) return 'skip';
      return isWhiteout(stats, parent, path) ? { instead: marker(whiteoutName(name), stats) } : 'keep';
    },
    inside: (archiveName, directory, stats) =>
      isOpaque(directory) ? [marker(`${archiveName}${OPAQUE_MARKER}`, stats)] : [],
  };
}

function isWhiteout(stats: BigIntStats, parent: number, path: string): boolean {
  if (stats.isCharacterDevice()) return stats.rdev === 0n;
  // Where the kernel cannot make a 0:0 device it marks an empty file (overlayfs, "nesting").
  if (!stats.isFile() || stats.size !== 0n) return false;
  const name = path.slice(path.lastIndexOf('/') + 1);
  return overlayXattr(atName(parent, name), 'whiteout') !== undefined;
}

function isOpaque(directory: number): boolean {
  return overlayXattr(Buffer.from(`${atDescriptor(directory)}/.`), 'opaque') === 'y';
}

function overlayXattr(path: Buffer, name: string): string | undefined {
  try {
    return readXattrs(path).get(`${OVERLAY}${name}`)?.toString();
  } catch {
    return undefined;
  }
}

function whiteoutName(name: string): string {
  const slash = name.lastIndexOf('/') + 1;
  return `${name.slice(0, slash)}${WHITEOUT}${name.slice(slash)}`;
}

/** An empty file whose name says it all. */
function marker(name: string, stats: BigIntStats): WrittenEntry {
  return {
    name,
    type: 'file',
    mode: 0,
    uid: 0,
    gid: 0,
    size: 0,
    mtime: timestampOf((stats.mtimeNs / 1_000_000_000n) * 1_000_000_000n),
    linkName: '',
    device: [0, 0],
    xattrs: new Map(),
  };
}
