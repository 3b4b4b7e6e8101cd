import { posix } from 'node:path';
import type { ResourcePath } from './messages.ts';

/**
 * A path as `docker cp` means it (byte string): taken from the root, `..` by its text. `dir/` and `dir/.` name the
 * directory that a symlink leads to, and the latter its content: names in its archive begin with `./`.
 */
export function parseResourcePath(path: string): ResourcePath {
  const clean = posix.normalize(`/${path}`).replace(/\/$/, '');
  const { dir, base } = posix.parse(clean);
  const isContent = posix.basename(path) === '.' || path === '.';
  return {
    directory: dir === '' ? '/' : dir,
    base,
    isDirectory: base === '' || isContent || path.endsWith('/'),
    rename: isContent ? '.' : base,
  };
}

/** What Docker calls the resource: the last component as it was asked for. */
export function nameOfResource({ base, rename }: ResourcePath): string {
  return base === '' && rename === '' ? '/' : rename;
}
