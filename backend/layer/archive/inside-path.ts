import { malformed } from '../tar/malformed.ts';

/**
 * Components of a path in an archive, taken from the directory that it is extracted to; a leading slash means
 * that directory too. `..` is taken by its text. @throws invalid-argument where it leads out
 */
export function splitInside(path: string, entryName: string, what = 'it'): string[] {
  if (path.includes('\0')) throw malformed(entryName, `${what} has a zero byte in its path`);
  const names: string[] = [];
  for (const name of path.split('/')) {
    if (name === '' || name === '.') continue;
    if (name !== '..') names.push(name);
    else if (names.pop() === undefined)
      throw malformed(entryName, `${what} would lie outside of the directory that is extracted to`);
  }
  return names;
}
