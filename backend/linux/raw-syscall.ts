import { internal } from '../base/errors.ts';
import { syscall } from './libc.ts';

type Architecture = 'x64' | 'arm64';

/**
 * Numbers of the system calls for which the oldest C library that Node runs on (glibc 2.28) has no
 * function. Those from 424 on are the same on every architecture.
 */
const NUMBERS = {
  pivot_root: { x64: 155, arm64: 41 },
  mknodat: { x64: 259, arm64: 33 },
  renameat2: { x64: 316, arm64: 276 },
  open_tree: { x64: 428, arm64: 428 },
  move_mount: { x64: 429, arm64: 429 },
  fsopen: { x64: 430, arm64: 430 },
  fsconfig: { x64: 431, arm64: 431 },
  fsmount: { x64: 432, arm64: 432 },
  openat2: { x64: 437, arm64: 437 },
  mount_setattr: { x64: 442, arm64: 442 },
} as const satisfies Record<string, Record<Architecture, number>>;

const { arch } = process;

/**
 * A system call by its number. `parameters` are C types as koffi reads them, without the number.
 * @throws SyscallError from the returned function; internal on an architecture that we do not know.
 */
export function rawSyscall(name: keyof typeof NUMBERS, parameters: string): ReturnType<typeof syscall> {
  const call = syscall(`long syscall(long number, ${parameters})`);
  return (what, ...args) => {
    if (arch !== 'x64' && arch !== 'arm64') throw internal(`no system call numbers for ${arch}`);
    return call(what, NUMBERS[name][arch], ...args);
  };
}

/** A path or name of any bytes as a C string. */
export function cString(bytes: Buffer): Buffer {
  const text = Buffer.allocUnsafe(bytes.length + 1);
  bytes.copy(text);
  text[bytes.length] = 0;
  return text;
}
