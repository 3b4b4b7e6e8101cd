import { open, readdir, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isErrno } from '../../base/errors.ts';
import { decompressed } from './compressed-log.ts';

/** A file of a log. */
export interface LogFile {
  name: string;
  /** 0 for the one that is written, 1 for the newest rotated one, … */
  number: number;
  compressed: boolean;
}

/**
 * The log `<path>` and its rotated predecessors `<path>.1`, `<path>.2.gz`, …: oldest first. One that is there both
 * ways was being compressed when the daemon ended: the plain one counts.
 */
export async function logFiles(path: string): Promise<LogFile[]> {
  const names = await readdir(dirname(path)).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  });
  const byNumber = new Map<number, LogFile>();
  for (const name of names) {
    const file = logFile(path, name);
    if (file && !(file.compressed && byNumber.has(file.number))) byNumber.set(file.number, file);
  }
  return [...byNumber.values()].sort((a, b) => b.number - a.number);
}

function logFile(path: string, name: string): LogFile | null {
  const own = basename(path);
  const place = { name: join(dirname(path), name) };
  if (name === own) return { ...place, number: 0, compressed: false };
  const [, number, gzip] = /^\.(\d+)(\.gz)?$/.exec(name.startsWith(own) ? name.slice(own.length) : '') ?? [];
  return number === undefined ? null : { ...place, number: Number(number), compressed: gzip !== undefined };
}

/** An open file and where to go on in it. */
export class OpenLog {
  offset = 0;
  /** Nothing is read from here on: what was written after the reading began, where that is not wanted. */
  end = Infinity;
  readonly #compressed: boolean;
  #file: FileHandle;
  #plain = false;

  constructor(file: FileHandle, { compressed }: LogFile) {
    this.#file = file;
    this.#compressed = compressed;
  }

  /** The file with the records; a compressed one is unpacked when it is first asked for. */
  async file(): Promise<FileHandle> {
    if (this.#compressed && !this.#plain) {
      const packed = this.#file;
      this.#file = await decompressed(packed);
      this.#plain = true;
      await packed.close();
    }
    return this.#file;
  }

  /** Leaves out what is written from now on. A packed file grows no more. */
  async fixEnd(): Promise<void> {
    if (!this.#compressed) this.end = (await this.#file.stat()).size;
  }

  inode(): Promise<number> {
    return inodeOf(this.#file);
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

const OPENING_TRIALS = 20;

/**
 * All files of a log, oldest first; none for a container that was never started. While files are being renamed a
 * name is not the same file twice: what was opened has to be what is listed afterwards.
 */
export async function openLogs(path: string): Promise<OpenLog[]> {
  for (let trial = 1; ; trial += 1) {
    const opened: OpenLog[] = [];
    for (const file of await logFiles(path)) {
      const handle = await openIfThere(file.name);
      if (handle) opened.push(new OpenLog(handle, file));
    }
    const inodes = await Promise.all(opened.map((log) => log.inode()));
    if (trial === OPENING_TRIALS || same(inodes, await inodesOf(path))) return opened;
    await Promise.all(opened.map((log) => log.close()));
  }
}

async function openIfThere(name: string): Promise<FileHandle | null> {
  try {
    return await open(name, 'r');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null;
    throw error;
  }
}

const inodeOf = async (file: FileHandle): Promise<number> => (await file.stat()).ino;

async function inodesOf(path: string): Promise<(number | null)[]> {
  const files = await logFiles(path);
  return Promise.all(files.map(({ name }) => inodeAt(name)));
}

/** Null when there is no such file. */
export const inodeAt = (name: string): Promise<number | null> =>
  stat(name).then(
    ({ ino }) => ino,
    () => null,
  );

const same = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((value, index) => value === b[index]);
