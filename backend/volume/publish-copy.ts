import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import type { VolumePaths } from './volume-paths.ts';

/**
 * Moves the entries of a whole copy into the volume and gives the volume's root the attributes of the image's
 * directory. May be repeated after a crash at any point. The root itself stays the directory that it is: a
 * running container may have it mounted, and would go on with a deleted one if it were replaced.
 */
export function publishCopy({ data, ready }: Pick<VolumePaths, 'data' | 'ready'>): void {
  if (!existsSync(ready)) return;
  const { uid, gid, mode, atime, mtime } = statSync(ready);
  // Names are bytes: an image may hold some that are no UTF-8.
  for (const name of readdirSync(ready, { encoding: 'buffer' })) {
    const target = below(data, name);
    // What a container wrote in the meantime stays.
    if (!lstatSync(target, { throwIfNoEntry: false })) renameSync(below(ready, name), target);
  }
  chownSync(data, uid, gid);
  chmodSync(data, mode & 0o7777);
  utimesSync(data, atime, mtime);
  rmSync(ready, { recursive: true, force: true });
}

function below(directory: string, name: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${directory}/`), name]);
}
