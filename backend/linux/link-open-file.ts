import { syscall } from './libc.ts';
import { cString } from './raw-syscall.ts';

const AT_FDCWD = -100;
const AT_SYMLINK_FOLLOW = 0x400;
const linkat = syscall(
  'int linkat(int oldDir, const void *oldPath, int newDir, const void *newPath, int flags)',
);

/** Gives an open file that has no name yet (O_TMPFILE) its first one. @throws EEXIST */
export function linkOpenFile(fd: number, place: Buffer): void {
  const path = cString(Buffer.from(`/proc/self/fd/${fd}`));
  linkat('give a file its name', AT_FDCWD, path, AT_FDCWD, cString(place), AT_SYMLINK_FOLLOW);
}
