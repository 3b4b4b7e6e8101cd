import { closeSync, constants, fstatSync, openSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { isErrno } from '../base/errors.ts';
import { SyscallError } from './libc.ts';
import { mountIdOf } from './mount-id.ts';
import { atDescriptor, atName } from './path-walk.ts';

const O_PATH = 0o10000000;
const { O_NOFOLLOW } = constants;
const EBUSY = 16;

/**
 * Deletes a name in an open directory and everything below it. No symlink is followed, also if one is put in the way.
 * What is mounted there stays: the kernel would protect it only in its own mount namespace, which is the container's,
 * and take the mount away from the container otherwise. @throws EBUSY for a mount point
 */
export function removeName(directory: number, name: string): void {
  remove(directory, name, mountIdOf(directory));
}

function remove(directory: number, name: string, mountId: string): void {
  const fd = openIfThere(directory, name);
  if (fd === undefined) return;
  try {
    if (mountIdOf(fd) !== mountId) throw new SyscallError(EBUSY, `remove ${name}`);
    if (!fstatSync(fd).isDirectory()) return unlinkSync(atName(directory, name));
    for (const child of readdirSync(atDescriptor(fd), 'latin1')) remove(fd, child, mountId);
  } finally {
    closeSync(fd);
  }
  rmdirSync(atName(directory, name));
}

function openIfThere(directory: number, name: string): number | undefined {
  try {
    return openSync(atName(directory, name), O_PATH | O_NOFOLLOW);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}
