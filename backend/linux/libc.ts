import { getSystemErrorMap } from 'node:util';
import koffi from 'koffi';

const library = koffi.load('libc.so.6');
const names = new Map([...getSystemErrorMap()].map(([errno, [name, text]]) => [-errno, { name, text }]));

/** A system call that failed. `code` is the errno's name, such as `ENOENT`, as in Node's own errors. */
export class SyscallError extends Error {
  readonly code: string;
  readonly errno: number;

  constructor(errno: number, what: string) {
    const known = names.get(errno);
    super(`${what}: ${known ? `${known.name}: ${known.text}` : `errno ${errno}`}`);
    this.name = 'SyscallError';
    this.code = known?.name ?? `E${errno}`;
    this.errno = errno;
  }
}

type Argument = string | number | bigint | Buffer | Uint8Array | null;

/**
 * A libc function by its C prototype. Called synchronously, on the calling thread: the ones that we use
 * are short, and errno belongs to the thread. A result of -1 throws a SyscallError that names `what`.
 */
export function syscall(prototype: string): (what: string, ...args: Argument[]) => number {
  const call = library.func(prototype) as (...args: Argument[]) => number | bigint;
  return (what, ...args) => {
    const result = Number(call(...args));
    if (result === -1) throw new SyscallError(koffi.errno(), what);
    return result;
  };
}
