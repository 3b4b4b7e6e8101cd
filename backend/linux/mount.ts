import { syscall } from './libc.ts';

// Flags of mount(2), from <sys/mount.h>.
export const MS_RDONLY = 1;
export const MS_NOSUID = 2;
export const MS_NODEV = 4;
export const MS_NOEXEC = 8;
export const MS_REMOUNT = 32;
export const MS_BIND = 4096;
export const MS_REC = 16384;
export const MS_PRIVATE = 1 << 18;

const MNT_DETACH = 2;
const UMOUNT_NOFOLLOW = 8;

const mountCall = syscall(
  'int mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data)',
);
const umountCall = syscall('int umount2(const char *target, int flags)');

export interface MountRequest {
  source: string;
  target: string;
  type: string | null;
  flags?: number;
  data?: string;
}

/** mount(2). `data` must fit a page (4095 bytes) with its terminating zero. */
export function mount({ source, target, type, flags = 0, data }: MountRequest): void {
  mountCall(`mount ${type ?? 'bind'} on ${target}`, source, target, type, flags, data ?? null);
}

/** Unmounts now; fails with EBUSY while a process uses it, with EINVAL where nothing is mounted. */
export function unmount(target: string): void {
  umountCall(`unmount ${target}`, target, UMOUNT_NOFOLLOW);
}

/** Takes the mount out of the tree at once; the kernel frees it when its last user is gone. */
export function detach(target: string): void {
  umountCall(`unmount ${target}`, target, UMOUNT_NOFOLLOW | MNT_DETACH);
}
