import { open, readdir, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { isErrno } from '../../base/errors.ts';

/** The log and its rotated predecessors `<path>.1`, `<path>.2`, …: oldest first, the current one last. */
export async function logFiles(path: string): Promise<string[]> {
  const prefix = `${basename(path)}.`;
  const names = await readdir(dirname(path)).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  });
  const numbers = names
    .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
    .map((name) => Number(name.slice(prefix.length)));
  return [...numbers.sort((a, b) => b - a).map((number) => `${path}.${number}`), path];
}

/** Null when there is no such file: a container that was never started has no log. */
export async function openLog(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null;
    throw error;
  }
}

/**
 * The file that follows an open one which has been rotated: found by the inode, so that no file is left out when
 * several rotations went by. Null while the open one is still the current one, or its successor is not there yet.
 */
export async function successorOf(file: FileHandle, path: string): Promise<FileHandle | null> {
  const own = (await file.stat()).ino;
  const files = await logFiles(path);
  const inodes = await Promise.all(
    files.map((name) =>
      stat(name).then(
        ({ ino }) => ino,
        () => null,
      ),
    ),
  );
  if (inodes.at(-1) === own || inodes.at(-1) === null) return null;
  const at = inodes.indexOf(own);
  const next = files[at + 1];
  // One that was rotated out of existence: what comes next is the oldest that is left.
  return next === undefined ? null : openLog(next);
}
