import { chmodSync, closeSync, constants, fchmodSync, fchownSync, lchownSync, openSync } from 'node:fs';
import { invalidArgument, isErrno } from '../../base/errors.ts';
import { setTimes } from '../../linux/file-times.ts';
import { atDescriptor, atName } from '../../linux/path-walk.ts';
import { setXattr, type XattrTarget } from '../../linux/xattr.ts';
import { toHost, type IdMapping } from '../../oci/id-mapping.ts';
import type { TarEntry } from '../tar/tar-entry.ts';

const O_PATH = 0o10000000;
const { O_NOFOLLOW } = constants;

/** Who owns what is extracted. */
export interface OwnerRules {
  mapping: IdMapping | null;
  owner: { uid: number; gid: number } | null;
}

/** Owner and group on the host. @throws invalid-argument for ids that the container does not have */
function hostOwner(entry: Pick<TarEntry, 'uid' | 'gid'>, { mapping, owner }: OwnerRules): [number, number] {
  const { uid, gid } = owner ?? entry;
  return [hostId(mapping, uid), hostId(mapping, gid)];
}

/**
 * Gives a new file its attributes. The order matters: changing the owner clears set-id bits and file
 * capabilities, and every write changes the time.
 */
export function finishOpenFile(fd: number, entry: TarEntry, rules: OwnerRules): void {
  fchownSync(fd, ...hostOwner(entry, rules));
  fchmodSync(fd, entry.mode);
  setXattrs(fd, entry);
  setTimes(fd, entry.mtime);
}

/** The same for what is not opened: directories (without the time, which comes last), devices, FIFOs, symlinks. */
export function finishName(directory: number, name: string, entry: TarEntry, rules: OwnerRules): void {
  const place = atName(directory, name);
  lchownSync(place, ...hostOwner(entry, rules));
  if (entry.type !== 'symlink') changeMode(place, entry.mode);
  setXattrs(place, entry);
  if (entry.type !== 'directory') setTimes(place, entry.mtime);
}

/** chmod follows symlinks, which a process of the container may have put there: not so by descriptor. */
function changeMode(place: Buffer, mode: number): void {
  const fd = openSync(place, O_PATH | O_NOFOLLOW);
  try {
    chmodSync(atDescriptor(fd), mode);
  } finally {
    closeSync(fd);
  }
}

function setXattrs(target: XattrTarget, { xattrs }: TarEntry): void {
  for (const [name, value] of xattrs) {
    if (/^(?:trusted|user)\.overlay\./.test(name)) continue;
    try {
      setXattr(target, Buffer.from(name, 'latin1'), value);
    } catch (error) {
      // As in Docker: a file system without them, or `user.` on a symlink, is no reason to fail.
      if (!['ENOTSUP', 'EOPNOTSUPP', 'EPERM'].some((code) => isErrno(error, code))) throw error;
    }
  }
}

function hostId(mapping: IdMapping | null, id: number): number {
  const mapped = toHost(mapping, id);
  if (mapped === undefined) throw invalidArgument(`container ID ${id} cannot be mapped to a host ID`);
  return mapped;
}
