import { openSync } from 'node:fs';
import { conflict } from '../base/errors.ts';
import { syscall } from './libc.ts';

const LOCK_EX = 2;
const LOCK_NB = 4;
const flock = syscall('int flock(int fd, int operation)');

/**
 * Takes a data root for this process; the kernel gives it back when the process ends, however that happens (flock(2)).
 * @throws conflict when another daemon has it
 */
export function lockDataRoot(path: string): void {
  // Node opens files with O_CLOEXEC: no container's process inherits the lock.
  const fd = openSync(path, 'w', 0o600);
  try {
    flock(`lock ${path}`, fd, LOCK_EX | LOCK_NB);
  } catch (error) {
    throw conflict(`${path} is held by another stratad: one data root belongs to one daemon`, error);
  }
}
