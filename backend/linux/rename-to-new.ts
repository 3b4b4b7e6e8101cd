import { lstatSync, renameSync } from 'node:fs';
import { isErrno } from '../base/errors.ts';
import { SyscallError } from './libc.ts';
import { cString, rawSyscall } from './raw-syscall.ts';

const AT_FDCWD = -100;
const RENAME_NOREPLACE = 1;
const EEXIST = 17;
const renameat2 = rawSyscall(
  'renameat2',
  'int oldDir, const void *oldPath, int newDir, const void *newPath, unsigned int flags',
);

/** Renames only to a name that nobody has. Where the file system cannot promise that, it is looked at before. @throws EEXIST */
export function renameToNew(from: Buffer, to: Buffer): void {
  try {
    renameat2('rename', AT_FDCWD, cString(from), AT_FDCWD, cString(to), RENAME_NOREPLACE);
  } catch (error) {
    // Also what a directory moved into itself gets: then the plain call says it again.
    if (!isErrno(error, 'EINVAL') && !isErrno(error, 'ENOSYS')) throw error;
    if (lstatSync(to, { throwIfNoEntry: false })) throw new SyscallError(EEXIST, 'rename');
    renameSync(from, to);
  }
}
