import { closeSync, constants, openSync } from 'node:fs';
import { isErrno } from '../base/errors.ts';
import { syscall } from './libc.ts';

const SYS_OPENAT2 = 437;
const RESOLVE_NO_MAGICLINKS = 0x02n;
/** Every `/` and `..` on the way, in symlinks too, is taken as if this process had chrooted. */
const RESOLVE_IN_ROOT = 0x10n;
const O_PATH = 0o10000000;
const O_CLOEXEC = 0o2000000;
const TRIES = 16;

const call = syscall(
  'long syscall(long number, long directory, const char *path, const void *how, size_t size)',
);

/** Opens a file for reading by its path inside `root`. Symlinks are followed, but never out of it. */
export function openInRoot(root: string, path: string): number {
  const directory = openSync(root, O_PATH | constants.O_DIRECTORY);
  try {
    const how = Buffer.alloc(24);
    // Non-blocking: a FIFO in a stranger's root must not hold us up.
    how.writeBigUInt64LE(BigInt(constants.O_RDONLY | constants.O_NONBLOCK | O_CLOEXEC), 0);
    how.writeBigUInt64LE(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS, 16);
    return retrying(() => call(`open ${path} in ${root}`, SYS_OPENAT2, directory, path, how, how.length));
  } finally {
    closeSync(directory);
  }
}

/** The kernel gives up with EAGAIN when anything was renamed or mounted anywhere while it resolved a `..`. */
function retrying(open: () => number): number {
  for (let tries = 1; ; tries += 1) {
    try {
      return open();
    } catch (error) {
      if (!isErrno(error, 'EAGAIN') || tries === TRIES) throw error;
    }
  }
}
