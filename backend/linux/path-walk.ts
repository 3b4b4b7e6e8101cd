import { chownSync, closeSync, constants, mkdirSync, openSync, readlinkSync } from 'node:fs';
import { isErrno } from '../base/errors.ts';
import { SyscallError } from './libc.ts';

// Missing from Node's constants; the same on all architectures that Node runs on.
const O_PATH = 0o10000000;
const { O_DIRECTORY, O_NOFOLLOW } = constants;
const ENOTDIR = 20;
const ELOOP = 40;
const MAX_SYMLINKS = 40;

export interface WalkOptions {
  /** Directories that are missing are made with mode 755, for this owner and group. */
  make?: number | undefined;
  /** Is asked before a symlink is followed; throws to forbid it. */
  onSymlink?: ((directory: number, name: string) => void) | undefined;
}

/**
 * Walks inside a root that belongs to a stranger whose processes may swap names at any time. Every step opens
 * one name in an open directory and follows nothing; symlinks are read and walked by their text, `..` goes back
 * to the directory that we came from. So no step leads out of the root, not by the magic links of /proc either.
 * Names are byte strings. The descriptors are closed with the walk, that of the root is not.
 */
export class PathWalk implements Disposable {
  readonly #root: number;
  readonly #stack: { name: string; fd: number }[] = [];

  constructor(root: number) {
    this.#root = root;
  }

  /** The directory that the walk stands in; only for names in it. */
  get directory(): number {
    return this.#stack.at(-1)?.fd ?? this.#root;
  }

  /** Where that is, without symlinks: `/`, `/etc/ssl`. */
  get path(): string {
    return `/${this.names.join('/')}`;
  }

  get names(): string[] {
    return this.#stack.map(({ name }) => name);
  }

  /** @throws ENOENT, ENOTDIR, ELOOP, as the kernel would */
  to(path: string, { make, onSymlink }: WalkOptions = {}): void {
    const waiting = path.split('/').toReversed();
    let links = 0;
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      if (name === '' || name === '.') continue;
      if (name === '..') this.up();
      else if (!this.#enter(name, make)) {
        onSymlink?.(this.directory, name);
        links += 1;
        if (links > MAX_SYMLINKS) throw new SyscallError(ELOOP, `walk to ${path}`);
        const target = this.#read(name);
        if (target.startsWith('/')) this.back(0);
        waiting.push(...target.split('/').toReversed());
      }
    }
  }

  /** Steps into a directory, which must be one. */
  enter(name: string): void {
    const fd = openSync(atName(this.directory, name), O_PATH | O_DIRECTORY | O_NOFOLLOW);
    this.#stack.push({ name, fd });
  }

  up(): void {
    this.back(Math.max(0, this.#stack.length - 1));
  }

  /** Goes back until so many names are left. */
  back(depth: number): void {
    for (const { fd } of this.#stack.splice(depth)) closeSync(fd);
  }

  [Symbol.dispose](): void {
    this.back(0);
  }

  /** False for what is no directory; then it is a symlink, or reading it as one says what is wrong. */
  #enter(name: string, make: number | undefined): boolean {
    try {
      this.enter(name);
      return true;
    } catch (error) {
      if (isErrno(error, 'ENOTDIR') || isErrno(error, 'ELOOP')) return false;
      if (make === undefined || !isErrno(error, 'ENOENT')) throw error;
      mkdirSync(atName(this.directory, name), 0o755);
      this.enter(name);
      if (make !== 0) chownSync(atDescriptor(this.directory), make, make);
      return true;
    }
  }

  #read(name: string): string {
    try {
      return readlinkSync(atName(this.directory, name), 'latin1');
    } catch (error) {
      if (isErrno(error, 'EINVAL')) throw new SyscallError(ENOTDIR, `enter ${name}`);
      throw error;
    }
  }
}

/** The path of a name in an open directory: nothing that happens to the directory's own path redirects it. */
export function atName(directory: number, name: string): Buffer {
  return Buffer.from(`/proc/self/fd/${directory}/${name}`, 'latin1');
}

/** The path of what an open descriptor refers to, whatever its name is by now. */
export function atDescriptor(fd: number): string {
  return `/proc/self/fd/${fd}`;
}
