import { closeSync, openSync } from 'node:fs';
import { syscall } from './libc.ts';

const syncfs = syscall('int syncfs(int fd)');

/**
 * Writes everything of the file system that holds `path` to disk. One call for a tree of many files,
 * where an fsync for each of them would cost a journal commit each. Blocks the calling thread.
 */
export function syncFileSystem(path: string): void {
  const fd = openSync(path, 'r');
  try {
    syncfs(`sync the file system of ${path}`, fd);
  } finally {
    closeSync(fd);
  }
}
