import { compareNames, showName } from './byte-names.ts';

/** Extended attributes as the index has them: names shown, values as base64, in order. */
export function shownXattrs(xattrs: ReadonlyMap<string, Buffer>): Record<string, string> {
  const shown = [...xattrs].map(([name, value]) => [showName(name), value.toString('base64')] as const);
  return Object.fromEntries(shown.sort(([a], [b]) => compareNames(a, b)));
}
