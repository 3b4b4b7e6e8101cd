import type { LayerEntry } from '../layer-index.ts';

export type Difference = 'content' | 'mode' | 'owner' | 'type' | 'xattrs' | 'link' | 'mtime';

/** In which attributes two versions of a path differ. */
export function compareEntries(before: LayerEntry, after: LayerEntry): Difference[] {
  if (before.type !== after.type) return ['type'];
  const differs: Difference[] = [];
  if (contentDiffers(before, after)) differs.push('content');
  // The mode of a symlink means nothing.
  if (before.mode !== after.mode && after.type !== 'symlink') differs.push('mode');
  if (before.uid !== after.uid || before.gid !== after.gid) differs.push('owner');
  if (!sameXattrs(before.xattrs, after.xattrs)) differs.push('xattrs');
  if (before.linkTarget !== after.linkTarget || !sameDevice(before, after)) differs.push('link');
  if (!sameTime(before.mtime, after.mtime)) differs.push('mtime');
  return differs;
}

/** A writable layer is not hashed: there the size tells, and then the time, which copying up keeps. */
function contentDiffers(before: LayerEntry, after: LayerEntry): boolean {
  if (after.type !== 'file') return false;
  if (before.size !== after.size) return true;
  if (before.digest !== undefined && after.digest !== undefined) return before.digest !== after.digest;
  return !sameTime(before.mtime, after.mtime);
}

/** Archives keep whole seconds or nanoseconds, and some file systems cut what they were given. */
function sameTime(a: number, b: number): boolean {
  return Math.abs(a - b) < 1e-6;
}

function sameDevice(before: LayerEntry, after: LayerEntry): boolean {
  return before.rdev?.[0] === after.rdev?.[0] && before.rdev?.[1] === after.rdev?.[1];
}

function sameXattrs(before: LayerEntry['xattrs'] = {}, after: LayerEntry['xattrs'] = {}): boolean {
  const names = Object.keys(before);
  return names.length === Object.keys(after).length && names.every((name) => before[name] === after[name]);
}
