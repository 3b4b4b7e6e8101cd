import { lstatSync, readlinkSync } from 'node:fs';
import { posix } from 'node:path';
import { invalidArgument } from '../../base/errors.ts';
import { SyscallError } from '../../linux/libc.ts';
import { atName, type PathWalk } from '../../linux/path-walk.ts';

const ELOOP = 40;
const MAX_SYMLINKS = 40;

/**
 * Walks to the directory of a file and follows a symlink in the last place too, inside the root.
 * @returns the file's name there, which need not exist. @throws invalid-argument for a directory
 */
export function walkToFile(walk: PathWalk, path: string): string {
  let target = path;
  for (let links = 0; links <= MAX_SYMLINKS; links += 1) {
    const { dir, base } = posix.parse(target);
    if (target.startsWith('/')) walk.back(0);
    walk.to(dir);
    if (base === '' || base === '.' || base === '..') throw invalidArgument('is a directory');
    const stats = lstatSync(atName(walk.directory, base), { throwIfNoEntry: false });
    if (stats?.isDirectory()) throw invalidArgument('is a directory');
    if (!stats?.isSymbolicLink()) return base;
    target = readlinkSync(atName(walk.directory, base), 'latin1');
  }
  throw new SyscallError(ELOOP, `walk to ${path}`);
}
