import { constants, type BigIntStats } from 'node:fs';
import { lstat, open, readdir, type FileHandle } from 'node:fs/promises';
import { isErrno } from '../base/errors.ts';

/** A name found while walking. `path` is relative, as bytes in a string of one character per byte. */
export interface Found {
  path: string;
  /** The same file by a path that no symlink put in its way meanwhile can redirect; valid during the visit. */
  handlePath: Buffer;
  stats: BigIntStats;
}

type Visit = (found: Found) => void | Promise<void>;

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;

/**
 * Visits everything below a directory, parents first, without ever following a symlink: each directory is
 * opened through the descriptor of its parent, because a container's process may swap names under our
 * hands. What vanishes meanwhile is left out. The root itself is visited first, with the path ''.
 */
export async function walkTree(directory: string, visit: Visit): Promise<void> {
  await walk(Buffer.from(directory), '', visit);
}

async function walk(target: Buffer, path: string, visit: Visit): Promise<void> {
  const handle = await ifThere(open(target, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  if (!handle) return;
  try {
    await visitChildren(handle, path, visit);
  } finally {
    await handle.close();
  }
}

async function visitChildren(handle: FileHandle, path: string, visit: Visit): Promise<void> {
  const here = `/proc/self/fd/${handle.fd}`;
  if (path === '') await visitOne(Buffer.from(`${here}/.`), '', visit);
  for (const name of await readdir(here, { encoding: 'buffer' })) {
    const handlePath = Buffer.concat([Buffer.from(`${here}/`), name]);
    const childPath = `${path === '' ? '' : `${path}/`}${name.toString('latin1')}`;
    const isDirectory = await visitOne(handlePath, childPath, visit);
    if (isDirectory) await walk(handlePath, childPath, visit);
  }
}

async function visitOne(handlePath: Buffer, path: string, visit: Visit): Promise<boolean> {
  const stats = await ifThere(lstat(handlePath, { bigint: true }));
  if (!stats) return false;
  await visit({ path, handlePath, stats });
  return stats.isDirectory();
}

async function ifThere<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].some((code) => isErrno(error, code))) return undefined;
    throw error;
  }
}
