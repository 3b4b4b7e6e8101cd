import { cString, rawSyscall } from './raw-syscall.ts';

// File types in st_mode, from <sys/stat.h>.
export const S_IFIFO = 0o010000;
export const S_IFCHR = 0o020000;
export const S_IFBLK = 0o060000;

const AT_FDCWD = -100;
const mknodat = rawSyscall('mknodat', 'int dirfd, const void *path, unsigned int mode, unsigned int dev');

/** Makes a device node or FIFO. `mode` holds the type and the permission bits. */
export function mknod(path: Buffer, mode: number, [major, minor]: readonly [number, number] = [0, 0]): void {
  // The kernel's 32-bit encoding of a device number: 12 bits of major inside 20 bits of minor.
  const device = (minor & 0xff) | ((major & 0xfff) << 8) | ((minor & 0xfff00) << 12);
  mknodat(`mknod ${path.toString()}`, AT_FDCWD, cString(path), mode, device >>> 0);
}
