import { closeSync, readSync } from 'node:fs';
import { SyscallError } from './libc.ts';
import { cString, rawSyscall } from './raw-syscall.ts';

const fsopen = rawSyscall('fsopen', 'const char *type, unsigned int flags');
const fsconfig = rawSyscall(
  'fsconfig',
  'int fd, unsigned int command, const char *key, const void *value, int aux',
);
const fsmount = rawSyscall('fsmount', 'int fd, unsigned int flags, unsigned int attributes');
const moveMount = rawSyscall(
  'move_mount',
  'int fromFd, const char *from, int toFd, const char *to, unsigned int flags',
);

const FSOPEN_CLOEXEC = 1;
const FSMOUNT_CLOEXEC = 1;
const SET_STRING = 1;
const CREATE = 6;
const MOVE_MOUNT_F_EMPTY_PATH = 4;
const AT_FDCWD = -100;

/**
 * Mounts a file system with its options given one by one (fsopen, fsconfig, fsmount, move_mount), so that
 * they need not fit a page together, and with the kernel's own words in the error.
 */
export function mountFileSystem(
  type: string,
  options: Iterable<readonly [key: string, value: string]>,
  target: string,
): void {
  const context = fsopen(`open file system ${type}`, type, FSOPEN_CLOEXEC);
  try {
    const mounted = withReason(context, () => configure(context, type, options));
    try {
      moveMount(`mount ${type} on ${target}`, mounted, '', AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH);
    } finally {
      closeSync(mounted);
    }
  } finally {
    closeSync(context);
  }
}

function configure(context: number, type: string, options: Iterable<readonly [string, string]>): number {
  for (const [key, value] of options)
    fsconfig(`set ${key}=${value} of ${type}`, context, SET_STRING, key, cString(Buffer.from(value)), 0);
  fsconfig(`create ${type}`, context, CREATE, null, null, 0);
  return fsmount(`mount ${type}`, context, FSMOUNT_CLOEXEC, 0);
}

function withReason<T>(context: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const reason = kernelLog(context);
    if (reason === '' || !(error instanceof SyscallError)) throw error;
    error.message += `; the kernel says: ${reason}`;
    throw error;
  }
}

/** What the kernel has to say about a context, one message per read; it ends with ENODATA. */
function kernelLog(context: number): string {
  const lines: string[] = [];
  const buffer = Buffer.alloc(1024);
  try {
    while (lines.length < 20) lines.push(buffer.toString('utf8', 0, readSync(context, buffer)).trim());
  } catch {
    // No more messages.
  }
  return lines.map((line) => line.replace(/^[ewi] /, '')).join('; ');
}
