import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
} from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { ifThere } from '../../linux/if-there.ts';
import { isKernelTree } from '../../linux/kernel-trees.ts';
import { atDescriptor, atName } from '../../linux/path-walk.ts';
import type { IdMapping } from '../../oci/id-mapping.ts';
import { encodeHeader, END_OF_ARCHIVE, paddingAfter, type WrittenEntry } from '../tar/write-header.ts';
import { writtenEntry } from './written-entry.ts';

const O_PATH = 0o10000000;
const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;
const CHUNK = 256 * 1024;

/** What a kind of archive does with a name of the tree. */
type Treatment =
  | 'keep'
  | 'skip'
  /** Instead of the name, entries like this one. */
  | { instead: WrittenEntry };

export interface TreeTarOptions {
  mapping: IdMapping | null;
  /** Asked of everything but the start. `path` is relative to it. */
  treat?: (path: string, name: string, stats: BigIntStats, parent: number) => Treatment;
  /** More entries right after a directory's own. */
  inside?: (archiveName: string, directory: number, stats: BigIntStats) => WrittenEntry[];
}

/** A directory on the way. */
interface Frame {
  fd: number;
  device: bigint;
  /** Names that are still to come, last first. */
  names: string[];
  archiveName: string;
  path: string;
}

/**
 * Makes an archive of a tree whose files may change and vanish meanwhile; vanished ones are left out, shrunk ones
 * filled up. Every name is looked up in an open directory and no symlink is followed. Names are sorted bytewise.
 * Sockets have no place in an archive and are left out, as by Docker.
 */
export class TreeTar {
  readonly #options: TreeTarOptions;
  readonly #firstNames = new Map<string, string>();
  #pending: Buffer[] = [];
  #size = 0;

  constructor(options: TreeTarOptions) {
    this.#options = options;
  }

  /** A directory with everything below it. Its own entry has the name with a slash; none where it is null. */
  *directory(directory: number, archiveName: string | null): Generator<Buffer> {
    const stack = [
      this.#begin(openSync(`${atDescriptor(directory)}/.`, O_PATH | O_DIRECTORY), archiveName, ''),
    ];
    try {
      for (let frame = stack.at(-1); frame; frame = stack.at(-1)) {
        const name = frame.names.pop();
        if (name === undefined) closeSync(stack.pop()?.fd ?? -1);
        else {
          const below = yield* this.#name(frame, name);
          if (below) stack.push(below);
        }
        if (this.#size >= CHUNK) yield this.#flush();
      }
    } finally {
      for (const { fd } of stack) closeSync(fd);
    }
    yield* this.#end();
  }

  /** One name that is no directory. */
  *single(directory: number, name: string, stats: BigIntStats, archiveName: string): Generator<Buffer> {
    yield* this.#file(atName(directory, name), stats, archiveName);
    yield* this.#end();
  }

  #begin(fd: number, archiveName: string | null, path: string): Frame {
    const stats = fstatSync(fd, { bigint: true });
    const prefix = archiveName === null ? '' : `${archiveName}/`;
    const here = Buffer.from(`${atDescriptor(fd)}/.`);
    if (archiveName !== null) this.#add(writtenEntry(here, stats, prefix, this.#options.mapping));
    for (const entry of this.#options.inside?.(prefix, fd, stats) ?? []) this.#add(entry);
    const names = readdirSync(atDescriptor(fd), 'latin1').sort().reverse();
    return { fd, device: stats.dev, names, archiveName: prefix, path };
  }

  /** Adds what is behind a name; the frame of a directory that has to be gone through. */
  *#name(frame: Frame, name: string): Generator<Buffer, Frame | undefined> {
    const place = atName(frame.fd, name);
    const stats = ifThere(() => lstatSync(place, { bigint: true }));
    if (!stats || stats.isSocket()) return undefined;
    const path = frame.path === '' ? name : `${frame.path}/${name}`;
    const archiveName = `${frame.archiveName}${name}`;
    const treatment = this.#options.treat?.(path, archiveName, stats, frame.fd) ?? 'keep';
    if (typeof treatment === 'object') this.#add(treatment.instead);
    if (treatment !== 'keep') return undefined;
    if (!stats.isDirectory()) {
      yield* this.#file(place, stats, archiveName);
      return undefined;
    }
    if (stats.dev !== frame.device && isKernelTree(place, path)) {
      this.#add(writtenEntry(place, stats, `${archiveName}/`, this.#options.mapping));
      return undefined;
    }
    const fd = ifThere(() => openSync(place, O_PATH | O_DIRECTORY | O_NOFOLLOW));
    return fd === undefined ? undefined : this.#begin(fd, archiveName, path);
  }

  *#file(place: Buffer, stats: BigIntStats, archiveName: string): Generator<Buffer> {
    const entry = ifThere(() => writtenEntry(place, stats, archiveName, this.#options.mapping));
    if (!entry) return;
    const inode = stats.nlink > 1n ? `${stats.dev}:${stats.ino}` : '';
    const first = this.#firstNames.get(inode);
    if (inode !== '' && first === undefined) this.#firstNames.set(inode, archiveName);
    if (first !== undefined)
      this.#add({ ...entry, type: 'hardlink', size: 0, linkName: first, xattrs: new Map() });
    else if (entry.type === 'file') yield* this.#regular(place, entry);
    else if (entry.type === 'symlink')
      this.#add({ ...entry, linkName: ifThere(() => readlinkSync(place, 'latin1')) ?? '' });
    else this.#add(entry);
  }

  /** By way of a descriptor that opens nothing: a device that was put in the file's place must not be opened. */
  *#regular(place: Buffer, entry: WrittenEntry): Generator<Buffer> {
    const handle = ifThere(() => openSync(place, O_PATH | O_NOFOLLOW));
    if (handle === undefined) return;
    let fd: number | undefined;
    try {
      const stats = fstatSync(handle);
      if (!stats.isFile()) return;
      fd = openSync(atDescriptor(handle), O_RDONLY);
      this.#add({ ...entry, size: stats.size });
      yield* this.#content(fd, stats.size);
    } finally {
      if (fd !== undefined) closeSync(fd);
      closeSync(handle);
    }
  }

  *#content(fd: number, size: number): Generator<Buffer> {
    for (let left = size; left > 0; ) {
      const piece = Buffer.allocUnsafe(Math.min(left, CHUNK));
      const read = readSync(fd, piece);
      // The header has promised the size: what was cut off meanwhile reads as zeros.
      if (read === 0) piece.fill(0);
      const bytes = piece.subarray(0, read === 0 ? piece.length : read);
      this.#keep(bytes);
      left -= bytes.length;
      if (this.#size >= CHUNK) yield this.#flush();
    }
    this.#keep(Buffer.alloc(paddingAfter(size)));
  }

  #add(entry: WrittenEntry): void {
    this.#keep(encodeHeader(entry));
  }

  #keep(bytes: Buffer): void {
    this.#pending.push(bytes);
    this.#size += bytes.length;
  }

  *#end(): Generator<Buffer> {
    this.#keep(END_OF_ARCHIVE);
    yield this.#flush();
  }

  #flush(): Buffer {
    // Memory of its own, because it is handed over to another thread.
    const chunk = Buffer.allocUnsafeSlow(this.#size);
    let at = 0;
    for (const piece of this.#pending) at += piece.copy(chunk, at);
    this.#pending = [];
    this.#size = 0;
    return chunk;
  }
}
