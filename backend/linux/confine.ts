import { closeSync, constants, openSync } from 'node:fs';
import { syscall } from './libc.ts';

const CLONE_FS = 0x200;
const unshareCall = syscall('int unshare(int flags)');
const umaskCall = syscall('unsigned int umask(unsigned int mask)');
const chrootCall = syscall('int chroot(const char *path)');
const fchdirCall = syscall('int fchdir(int fd)');
const chdirCall = syscall('int chdir(const char *path)');

/**
 * Gives the calling thread a root, working directory and umask of its own; the other threads keep theirs.
 * Afterwards only synchronous file system calls are of use: asynchronous ones run on the shared pool.
 */
export function leaveSharedFileSystemContext(): void {
  unshareCall('unshare the file system context', CLONE_FS);
  umaskCall('umask', 0);
}

/**
 * Makes `directory` the root of the calling thread, so that no path and no symlink leads out of it.
 * Returns the way back, which may be called twice; it holds a descriptor that no path can name.
 */
export function confineTo(directory: string): () => void {
  const root = openSync('/', constants.O_RDONLY | constants.O_DIRECTORY);
  chrootCall(`chroot to ${directory}`, directory);
  chdirCall('chdir to the new root', '/');
  let left = false;
  return () => {
    if (left) return;
    left = true;
    fchdirCall('chdir to the old root', root);
    chrootCall('chroot to the old root', '.');
    closeSync(root);
  };
}
