import { forbidden, invalidArgument, isErrno, notFound } from '../../base/errors.ts';
import { isReadOnly } from '../../linux/mount-state.ts';
import { atDescriptor, PathWalk } from '../../linux/path-walk.ts';
import type { ExtractTask } from './messages.ts';

/**
 * Walks to the directory that an archive is extracted to, through symlinks inside the root.
 * @throws not-found; invalid-argument where it is no directory; forbidden where nothing may be written
 */
export function walkToExtractPoint(root: number, task: ExtractTask): PathWalk {
  const walk = new PathWalk(root);
  try {
    enter(walk, task.path);
    checkWritable(walk, task);
    return walk;
  } catch (error) {
    walk[Symbol.dispose]();
    throw error;
  }
}

function enter(walk: PathWalk, path: string): void {
  try {
    walk.to(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) throw notFound('no such file or directory', error);
    if (isErrno(error, 'ENOTDIR')) throw invalidArgument('extraction point is not a directory', error);
    if (isErrno(error, 'ELOOP')) throw invalidArgument('too many levels of symbolic links', error);
    throw error;
  }
}

/** In Docker's words. What is mounted inside a read-only root may be writable, and the other way round. */
function checkWritable({ path, directory }: PathWalk, { mounts, readOnlyRootfs }: ExtractTask): void {
  const [mount] = mounts
    .filter(({ destination }) => path === destination || path.startsWith(`${destination}/`))
    .toSorted((a, b) => b.destination.length - a.destination.length);
  if (mount ? mount.readOnly : isReadOnly(atDescriptor(directory)) && !readOnlyRootfs)
    throw forbidden('mounted volume is marked read-only');
  if (!mount && readOnlyRootfs) throw forbidden('container rootfs is marked read-only');
}
