import { readFileSync } from 'node:fs';

/**
 * The mount that an open descriptor lies in. Two descriptors of one file system differ where one was reached
 * through a bind mount, in whatever mount namespace that is.
 */
export function mountIdOf(fd: number): string {
  return /^mnt_id:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1] ?? '';
}
