import { constants } from 'node:fs';
import { cString, rawSyscall } from './raw-syscall.ts';

const RESOLVE_NO_MAGICLINKS = 0x02n;
const RESOLVE_NO_SYMLINKS = 0x04n;
const RESOLVE_BENEATH = 0x08n;
const openat2 = rawSyscall('openat2', 'int dirfd, const void *path, const void *how, size_t size');

/** Opens a file below an open directory for reading; no component, the last one neither, may be a symlink or lead out. */
export function openBeneath(directory: number, path: Buffer): number {
  const how = Buffer.alloc(24);
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | 0o2000000; // O_CLOEXEC
  how.writeBigUInt64LE(BigInt(flags), 0);
  how.writeBigUInt64LE(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS, 16);
  return openat2(`open ${path.toString()}`, directory, cString(path), how, how.length);
}
