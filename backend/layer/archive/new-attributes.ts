import { chmodSync, chownSync, closeSync, constants, fstatSync, openSync } from 'node:fs';
import { atDescriptor, atName } from '../../linux/path-walk.ts';
import type { NewAttributes } from './messages.ts';

const O_PATH = 0o10000000;
const { O_NOFOLLOW } = constants;

/** Owner and permissions for a directory that was just made: by descriptor, as the name may be a symlink by now. */
export function giveAttributes(directory: number, name: string, attributes: NewAttributes): void {
  const fd = openSync(atName(directory, name), O_PATH | O_NOFOLLOW);
  try {
    if (fstatSync(fd).isSymbolicLink()) return;
    const { uid, gid } = ownerIn(directory, attributes);
    chownSync(atDescriptor(fd), uid, gid);
    chmodSync(atDescriptor(fd), attributes.mode);
  } finally {
    closeSync(fd);
  }
}

/** Whoever has the directory can then work with what is made in it. */
export function ownerIn(
  directory: number,
  { uid, gid }: Pick<NewAttributes, 'uid' | 'gid'>,
): { uid: number; gid: number } {
  const parent = fstatSync(directory);
  return { uid: uid ?? parent.uid, gid: gid ?? parent.gid };
}
