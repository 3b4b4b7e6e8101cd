import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  opendirSync,
  openSync,
  readlinkSync,
  symlinkSync,
  type BigIntStats,
  type Dir,
} from 'node:fs';
import { isErrno } from '../base/errors.ts';
import { copyContent } from './copy-content.ts';
import { deviceOf } from './device-number.ts';
import { setTimes, timestampOf } from './file-times.ts';
import { mknod } from './mknod.ts';
import { atDescriptor, atName, PathWalk } from './path-walk.ts';
import { readXattrs, setXattr, type XattrTarget } from './xattr.ts';
import { ifThere } from './if-there.ts';
import { isKernelTree } from './kernel-trees.ts';

const O_PATH = 0o10000000;
const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;
/** Names between two signs of life. */
const NAMES = 256;

/**
 * Copies a tree whose files may change and vanish meanwhile into a directory, with owners, modes, times, extended
 * attributes, hard links and holes; blocks are shared where the file system can. Every name is looked up in an open
 * directory and no symlink is followed, on neither side: whoever else has one of them may swap names. Only what is
 * not there yet is made. Yields the bytes that were copied since the last time, often and also when there are none.
 */
export function copyTree(from: number, to: number): Generator<number> {
  return new TreeCopy(from, to).run();
}

/** A directory on the way. */
interface Frame {
  from: number;
  to: number;
  names: Dir;
  stats: BigIntStats;
  path: string;
}

class TreeCopy {
  readonly #from: number;
  readonly #to: number;
  /** Where a file with several names was made first, by device and inode. */
  readonly #made = new Map<string, string>();
  #names = 0;

  constructor(from: number, to: number) {
    this.#from = from;
    this.#to = to;
  }

  *run(): Generator<number> {
    const stack: Frame[] = [];
    try {
      stack.push(this.#begin(this.#from, this.#to, ''));
      for (let frame = stack.at(-1); frame; frame = stack.at(-1)) {
        const entry = frame.names.readSync();
        if (entry === null) this.#end(stack.pop() ?? frame);
        else {
          const below = yield* this.#name(frame, entry.name);
          if (below) stack.push(below);
        }
      }
    } finally {
      for (const frame of stack) close(frame);
    }
  }

  /** Takes descriptors of its own, for the root as for the others. */
  #begin(from: number, to: number, path: string): Frame {
    const source = openSync(`${atDescriptor(from)}/.`, O_PATH | O_DIRECTORY);
    const made = openSync(`${atDescriptor(to)}/.`, O_PATH | O_DIRECTORY);
    const names = opendirSync(atDescriptor(source), { encoding: 'latin1', bufferSize: 512 });
    return { from: source, to: made, names, stats: fstatSync(source, { bigint: true }), path };
  }

  /** Times come last: what is made in a directory changes them. */
  #end(frame: Frame): void {
    const { from, to, stats } = frame;
    const place = Buffer.from(`${atDescriptor(to)}/.`);
    lchownSync(place, Number(stats.uid), Number(stats.gid));
    chmodSync(place, Number(stats.mode & 0o7777n));
    copyXattrs(Buffer.from(`${atDescriptor(from)}/.`), place);
    setTimes(place, timestampOf(stats.mtimeNs));
    close(frame);
  }

  *#name(frame: Frame, name: string): Generator<number, Frame | undefined> {
    this.#names += 1;
    if (this.#names % NAMES === 0) yield 0;
    const source = atName(frame.from, name);
    const stats = ifThere(() => lstatSync(source, { bigint: true }));
    if (!stats) return undefined;
    if (stats.isDirectory()) return this.#directory(frame, name, stats);
    const path = `${frame.path}${name}`;
    if (this.#linked(frame.to, name, path, stats)) return undefined;
    if (stats.isFile()) yield* this.#file(source, atName(frame.to, name));
    else special(source, atName(frame.to, name), stats);
    return undefined;
  }

  #directory(frame: Frame, name: string, stats: BigIntStats): Frame | undefined {
    const place = atName(frame.from, name);
    const fd = ifThere(() => openSync(place, O_PATH | O_DIRECTORY | O_NOFOLLOW));
    if (fd === undefined) return undefined;
    mkdirSync(atName(frame.to, name), 0o700);
    const made = openSync(atName(frame.to, name), O_PATH | O_DIRECTORY | O_NOFOLLOW);
    try {
      // The kernel's files are not anybody's to copy: the directory alone is.
      if (stats.dev !== frame.stats.dev && isKernelTree(place, '')) return undefined;
      return this.#begin(fd, made, `${frame.path}${name}/`);
    } finally {
      closeSync(fd);
      closeSync(made);
    }
  }

  /** Another name of a file that was copied already. */
  #linked(directory: number, name: string, path: string, { nlink, dev, ino }: BigIntStats): boolean {
    if (nlink <= 1n) return false;
    const first = this.#made.get(`${dev}:${ino}`);
    this.#made.set(`${dev}:${ino}`, first ?? path);
    if (first === undefined) return false;
    using walk = new PathWalk(this.#to);
    const names = first.split('/');
    const last = names.pop() ?? '';
    for (const one of names) walk.enter(one);
    // Not there when the first name had vanished before it could be copied: then this is the first one.
    const linked = ifThere(() => {
      linkSync(atName(walk.directory, last), atName(directory, name));
      return true;
    });
    if (!linked) this.#made.set(`${dev}:${ino}`, path);
    return linked ?? false;
  }

  /** By way of a descriptor that opens nothing: a device that was put in the file's place must not be opened. */
  *#file(source: Buffer, target: Buffer): Generator<number> {
    const handle = ifThere(() => openSync(source, O_PATH | O_NOFOLLOW));
    if (handle === undefined) return;
    let from: number | undefined;
    let to: number | undefined;
    try {
      const stats = fstatSync(handle, { bigint: true });
      if (!stats.isFile()) return;
      from = openSync(atDescriptor(handle), O_RDONLY | O_NONBLOCK);
      to = openSync(target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
      yield* copyContent(from, to, Number(stats.size));
      fchownSync(to, Number(stats.uid), Number(stats.gid));
      fchmodSync(to, Number(stats.mode & 0o7777n));
      copyXattrs(source, to);
      setTimes(to, timestampOf(stats.mtimeNs));
    } finally {
      for (const fd of [handle, from, to]) if (fd !== undefined) closeSync(fd);
    }
  }
}

function special(source: Buffer, target: Buffer, stats: BigIntStats): void {
  if (stats.isSymbolicLink()) {
    const text = ifThere(() => readlinkSync(source, { encoding: 'buffer' }));
    if (text === undefined) return;
    symlinkSync(text, target);
  } else mknod(target, Number(stats.mode), deviceOf(stats.rdev));
  lchownSync(target, Number(stats.uid), Number(stats.gid));
  if (!stats.isSymbolicLink()) changeMode(target, Number(stats.mode & 0o7777n));
  copyXattrs(source, target);
  setTimes(target, timestampOf(stats.mtimeNs));
}

/** chmod follows symlinks, which somebody may have put there: not so by descriptor. */
function changeMode(place: Buffer, mode: number): void {
  const fd = openSync(place, O_PATH | O_NOFOLLOW);
  try {
    if (!fstatSync(fd).isSymbolicLink()) chmodSync(atDescriptor(fd), mode);
  } finally {
    closeSync(fd);
  }
}

function copyXattrs(source: Buffer, target: XattrTarget): void {
  for (const [name, value] of ifThere(() => readXattrs(source)) ?? []) {
    try {
      setXattr(target, Buffer.from(name, 'latin1'), value);
    } catch (error) {
      // A file system without them, or one that makes its own, is no reason to fail.
      if (!['ENOTSUP', 'EOPNOTSUPP', 'EPERM'].some((code) => isErrno(error, code))) throw error;
    }
  }
}

function close({ from, to, names }: Frame): void {
  names.closeSync();
  closeSync(from);
  closeSync(to);
}
