import { syscall } from './libc.ts';
import { cString } from './raw-syscall.ts';

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const utimensat = syscall('int utimensat(int dirfd, const void *path, const void *times, int flags)');
const futimens = syscall('int futimens(int fd, const void *times)');

/** A point in time as the kernel keeps it; seconds may be negative, nanoseconds never. */
export interface Timestamp {
  seconds: number;
  nanoseconds: number;
}

const times = Buffer.alloc(32);

/**
 * Sets access and modification time to the nanosecond, which Node's `utimes` with its floating point
 * seconds cannot. A path's last component is not followed.
 */
export function setTimes(target: Buffer | number, time: Timestamp): void {
  for (const at of [0, 16]) {
    times.writeBigInt64LE(BigInt(time.seconds), at);
    times.writeBigInt64LE(BigInt(time.nanoseconds), at + 8);
  }
  if (typeof target === 'number') futimens('set times', target, times);
  else utimensat(`set times of ${target.toString()}`, AT_FDCWD, cString(target), times, AT_SYMLINK_NOFOLLOW);
}

/** Seconds with fraction, the same number wherever the same time comes from. */
export function secondsOf({ seconds, nanoseconds }: Timestamp): number {
  return seconds + nanoseconds / 1e9;
}

export function timestampOf(nanoseconds: bigint): Timestamp {
  const billion = 1_000_000_000n;
  const rest = ((nanoseconds % billion) + billion) % billion;
  return { seconds: Number((nanoseconds - rest) / billion), nanoseconds: Number(rest) };
}
