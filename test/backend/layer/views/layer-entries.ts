import type { EntryType, LayerEntry, LayerIndex } from '../../../../backend/layer/layer-index.ts';
import { compareNames } from '../../../../backend/layer/byte-names.ts';
import { digestOf } from '../../../../backend/oci/digest.ts';

export function entry(path: string, type: EntryType, more: Partial<LayerEntry> = {}): LayerEntry {
  return { path, type, mode: 0o755, uid: 0, gid: 0, size: 0, mtime: 1, ...more };
}

export function file(path: string, content: string): LayerEntry {
  return entry(path, 'file', { mode: 0o644, size: content.length, digest: digestOf(content) });
}

export const directory = (path: string): LayerEntry => entry(path, 'directory');
export const implied = (path: string): LayerEntry => entry(path, 'directory', { implied: true, mtime: 0 });
export const opaque = (path: string): LayerEntry => entry(path, 'directory', { opaque: true });
export const whiteout = (path: string): LayerEntry => entry(path, 'whiteout');

export function layer(...entries: LayerEntry[]): LayerIndex {
  return { diffId: null, entries: entries.sort((a, b) => compareNames(a.path, b.path)) };
}
