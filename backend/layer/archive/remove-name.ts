import { closeSync, constants, openSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { isErrno } from '../../base/errors.ts';
import { atDescriptor, atName } from '../../linux/path-walk.ts';

const O_PATH = 0o10000000;
const { O_DIRECTORY, O_NOFOLLOW } = constants;

/** Deletes a name in an open directory and everything below it. No symlink is followed, also if one is put in the way. */
export function removeName(directory: number, name: string): void {
  try {
    unlinkSync(atName(directory, name));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return;
    if (!isErrno(error, 'EISDIR') && !isErrno(error, 'EPERM')) throw error;
    removeDirectory(directory, name);
  }
}

function removeDirectory(parent: number, name: string): void {
  const fd = openSync(atName(parent, name), O_PATH | O_DIRECTORY | O_NOFOLLOW);
  try {
    for (const child of readdirSync(atDescriptor(fd), 'latin1')) removeName(fd, child);
  } finally {
    closeSync(fd);
  }
  rmdirSync(atName(parent, name));
}
