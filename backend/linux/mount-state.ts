import { lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { syscall } from './libc.ts';

const statvfs = syscall('int statvfs(const char *path, void *result)');
/** `f_flag` in the C library's `struct statvfs` where a long has 64 bits. */
const FLAGS_OFFSET = 72;
const ST_RDONLY = 1n;

/**
 * Whether something is mounted on this very path, told by the device number: one lstat instead of reading
 * a table of all mounts. Not true for a bind mount of a directory of the same file system.
 */
export function isFileSystemRoot(path: string): boolean {
  const own = lstatSync(path, { throwIfNoEntry: false });
  return own !== undefined && own.dev !== lstatSync(dirname(path)).dev;
}

/** Whether the mount that holds `path`, or its file system as a whole, is read-only. */
export function isReadOnly(path: string): boolean {
  const result = Buffer.alloc(256);
  statvfs(`read the mount flags of ${path}`, path, result);
  return (result.readBigUInt64LE(FLAGS_OFFSET) & ST_RDONLY) !== 0n;
}
