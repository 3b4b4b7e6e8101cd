import { malformed } from '../tar/malformed.ts';

const WHITEOUT = '.wh.';
const OPAQUE_MARKER = '.wh..wh..opq';
/** Left behind by AUFS: its own bookkeeping, which Docker skips too. */
const AUFS = '.wh..wh.';

export type EntryPlace =
  | { kind: 'root' }
  | { kind: 'skip' }
  | { kind: 'opaque'; parent: readonly string[] }
  | { kind: 'whiteout'; parent: readonly string[]; name: string }
  | { kind: 'name'; parent: readonly string[]; name: string };

/**
 * Where an entry belongs and what its name means (image-spec, layer.md#whiteouts). A leading slash means
 * the layer's root. @throws invalid-argument for `..` and for names that cannot be
 */
export function entryPlace(entryName: string): EntryPlace {
  const components = splitPath(entryName, entryName);
  const name = components.pop();
  if (name === undefined) return { kind: 'root' };
  const marked = components.find((component) => component.startsWith(WHITEOUT));
  if (marked?.startsWith(AUFS)) return { kind: 'skip' };
  if (marked !== undefined) throw malformed(entryName, 'it lies below a whiteout');
  if (name === OPAQUE_MARKER) return { kind: 'opaque', parent: components };
  if (name.startsWith(AUFS)) return { kind: 'skip' };
  if (!name.startsWith(WHITEOUT)) return { kind: 'name', parent: components, name };
  const hidden = name.slice(WHITEOUT.length);
  if (hidden === '' || hidden === '.' || hidden === '..') throw malformed(entryName, 'whiteout of no name');
  return { kind: 'whiteout', parent: components, name: hidden };
}

/** Components of a path from the layer's root, without empty ones and `.`. */
export function splitPath(path: string, entryName: string): string[] {
  if (path.includes('\0')) throw malformed(entryName, 'a path with a zero byte');
  const components = path.split('/').filter((component) => component !== '' && component !== '.');
  if (components.includes('..')) throw malformed(entryName, 'a path with `..` would lead out of the layer');
  return components;
}
