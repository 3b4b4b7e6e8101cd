import { renameSync } from 'node:fs';
import { isErrno } from '../base/errors.ts';
import { cString, rawSyscall } from './raw-syscall.ts';

const AT_FDCWD = -100;
const RENAME_EXCHANGE = 2;
const renameat2 = rawSyscall(
  'renameat2',
  'int oldDir, const void *oldPath, int newDir, const void *newPath, unsigned int flags',
);

/** Two things of one file system change their names in one step; where the file system cannot do that, in three. */
export function exchangeNames(one: string, other: string): void {
  const [first, second] = [cString(Buffer.from(one)), cString(Buffer.from(other))];
  try {
    renameat2(`exchange ${one} and ${other}`, AT_FDCWD, first, AT_FDCWD, second, RENAME_EXCHANGE);
  } catch (error) {
    if (!isErrno(error, 'EINVAL') && !isErrno(error, 'ENOSYS')) throw error;
    renameSync(other, `${one}.old`);
    renameSync(one, other);
    renameSync(`${one}.old`, one);
  }
}
