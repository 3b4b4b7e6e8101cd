import { closeSync, constants, ftruncateSync, linkSync, lstatSync, mkdirSync, openSync } from 'node:fs';
import { symlinkSync, writeSync, type BigIntStats } from 'node:fs';
import { invalidArgument } from '../../base/errors.ts';
import { setTimes, type Timestamp } from '../../linux/file-times.ts';
import { mknod, S_IFBLK, S_IFCHR, S_IFIFO } from '../../linux/mknod.ts';
import { atName, PathWalk } from '../../linux/path-walk.ts';
import { removeName } from '../../linux/remove-name.ts';
import { toHost } from '../../oci/id-mapping.ts';
import { malformed, quoteName } from '../tar/malformed.ts';
import type { TarEntry, TarSink } from '../tar/tar-entry.ts';
import { namingExtracted } from './extract-failures.ts';
import { walkToExtractPoint } from './extract-point.ts';
import { splitInside } from './inside-path.ts';
import type { ExtractTask } from './messages.ts';
import { finishName, finishOpenFile } from './set-attributes.ts';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;

/**
 * Takes the entries of an archive and makes them below a directory of a root that belongs to a stranger. Symlinks
 * that are there already lead on, within the root; those that the archive itself brings do not, or it could write
 * anywhere in the container. Names that layers give a meaning (`.wh.…`) are names like any other here.
 */
export class Extractor implements TarSink {
  readonly #task: ExtractTask;
  readonly #root: number;
  readonly #walk: PathWalk;
  /** The directory that is extracted to, without symlinks. */
  readonly #base: string[];
  /** Symlinks that the archive has made, by device and inode. */
  readonly #madeLinks = new Set<string>();
  readonly #directories: { names: string[]; mtime: Timestamp }[] = [];
  #file: { fd: number; entry: TarEntry; end: number } | null = null;

  constructor(root: number, task: ExtractTask) {
    this.#task = task;
    this.#root = root;
    this.#walk = walkToExtractPoint(root, task);
    this.#base = this.#walk.names;
  }

  entry(entry: TarEntry): void {
    namingExtracted(entry.name, () => this.#make(entry));
  }

  content(bytes: Buffer, offset: number): void {
    const file = this.#file;
    if (!file) return;
    namingExtracted(file.entry.name, () => {
      for (let done = 0; done < bytes.length; )
        done += writeSync(file.fd, bytes, done, bytes.length - done, offset + done);
    });
    file.end = offset + bytes.length;
  }

  endOfEntry(): void {
    const file = this.#file;
    if (!file) return;
    namingExtracted(file.entry.name, () => {
      if (file.end < file.entry.size) ftruncateSync(file.fd, file.entry.size);
      finishOpenFile(file.fd, file.entry, this.#task);
    });
    this.#closeFile();
  }

  /** Directories get their times last: what is made in them changes them. */
  finish(): void {
    for (const { names, mtime } of this.#directories.toReversed()) {
      try {
        const name = names.at(-1) ?? '.';
        this.#goTo(names.slice(0, -1), '');
        setTimes(atName(this.#walk.directory, name), mtime);
      } catch {
        // Gone by now, or the archive itself has put something else there.
      }
    }
  }

  /** Closes what is open. */
  close(): void {
    this.#closeFile();
    this.#walk[Symbol.dispose]();
  }

  #closeFile(): void {
    if (this.#file) closeSync(this.#file.fd);
    this.#file = null;
  }

  #make(entry: TarEntry): void {
    const names = splitInside(entry.name, entry.name);
    const name = names.pop();
    if (name === undefined) return this.#checkRoot(entry);
    this.#goTo([...this.#base, ...names], entry.name);
    const existing = lstatSync(this.#at(name), { bigint: true, throwIfNoEntry: false });
    const merges = existing?.isDirectory() === true && entry.type === 'directory';
    if (existing && !merges) this.#clear(name, existing, entry);
    if (entry.type === 'directory') this.#makeDirectory(name, entry, merges);
    else if (entry.type === 'hardlink') this.#makeLink(name, entry);
    else if (entry.type === 'file') this.#openFile(name, entry);
    else this.#makeSpecial(name, entry);
  }

  /** The directory that is extracted to is there, and keeps its attributes unless the task says otherwise. */
  #checkRoot(entry: TarEntry): void {
    if (entry.type !== 'directory')
      throw malformed(
        entry.name,
        `a ${entry.type} cannot take the place of the directory that is extracted to`,
      );
    if (this.#task.rootAttributes !== true) return;
    this.#goTo(this.#base, entry.name);
    finishName(this.#walk.directory, '.', entry, this.#task);
    this.#directories.push({ names: [...this.#base], mtime: entry.mtime });
  }

  #at(name: string): Buffer {
    return atName(this.#walk.directory, name);
  }

  /** Stands in a directory, made where it is missing. What the way has in common with the last one is not walked again. */
  #goTo(names: readonly string[], entryName: string): void {
    const here = this.#walk.names;
    let common = 0;
    while (common < here.length && here[common] === names[common]) common += 1;
    this.#walk.back(common);
    const make = toHost(this.#task.mapping, 0);
    const onSymlink = (directory: number, name: string): void => this.#checkLink(directory, name, entryName);
    this.#walk.to(names.slice(common).join('/'), { make, onSymlink });
  }

  #checkLink(directory: number, name: string, entryName: string): void {
    const stats = lstatSync(atName(directory, name), { bigint: true });
    if (this.#madeLinks.has(identityOf(stats)))
      throw malformed(entryName, `it lies below ${quoteName(name)}, a symlink of the same archive`);
  }

  #clear(name: string, existing: BigIntStats, entry: TarEntry): void {
    const isDirectory = existing.isDirectory();
    if (this.#task.noOverwriteDirNonDir && isDirectory !== (entry.type === 'directory')) {
      const [old, fresh] = isDirectory ? ['directory', 'non-directory'] : ['non-directory', 'directory'];
      const target = `/${[...this.#walk.names, name].join('/')}`;
      throw invalidArgument(
        `cannot overwrite ${old} ${quoteName(target)} with ${fresh} ${quoteName(`/${this.#base.join('/')}`)}`,
      );
    }
    this.#madeLinks.delete(identityOf(existing));
    removeName(this.#walk.directory, name);
  }

  #makeDirectory(name: string, entry: TarEntry, exists: boolean): void {
    if (!exists) mkdirSync(this.#at(name), 0o755);
    finishName(this.#walk.directory, name, entry, this.#task);
    this.#directories.push({ names: [...this.#walk.names, name], mtime: entry.mtime });
  }

  /** link(2) does not follow a symlink in the target's place. */
  #makeLink(name: string, entry: TarEntry): void {
    const names = splitInside(entry.linkName, entry.name, 'its link target');
    const target = names.pop();
    if (target === undefined) throw malformed(entry.name, 'hard link to a directory');
    using walk = new PathWalk(this.#root);
    const onSymlink = (directory: number, at: string): void => this.#checkLink(directory, at, entry.name);
    walk.to([...this.#base, ...names].join('/'), { onSymlink });
    linkSync(atName(walk.directory, target), this.#at(name));
  }

  #openFile(name: string, entry: TarEntry): void {
    const fd = openSync(this.#at(name), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    this.#file = { fd, entry, end: 0 };
  }

  #makeSpecial(name: string, entry: TarEntry): void {
    const { type, device, mode, linkName } = entry;
    if (type === 'symlink') symlinkSync(Buffer.from(linkName, 'latin1'), this.#at(name));
    else {
      const [major, minor] = device;
      if (major < 0 || major > 0xfff || minor < 0 || minor > 0xfffff)
        throw malformed(entry.name, `no such device number: ${device.join(':')}`);
      const kind = type === 'fifo' ? S_IFIFO : type === 'char' ? S_IFCHR : S_IFBLK;
      mknod(this.#at(name), kind | (mode & 0o777), device);
    }
    finishName(this.#walk.directory, name, entry, this.#task);
    if (type === 'symlink') this.#madeLinks.add(identityOf(lstatSync(this.#at(name), { bigint: true })));
  }
}

function identityOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}
