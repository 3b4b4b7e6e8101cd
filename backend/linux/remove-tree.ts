import { lstat, readdir, rmdir, unlink } from 'node:fs/promises';
import { isErrno } from '../base/errors.ts';

/**
 * Deletes a path and everything below it; nothing happens where there is nothing. Symlinks are deleted
 * and not followed. Unlike Node's `rm` it works on bytes, so names that are no UTF-8 go too.
 */
export async function removeTree(path: string | Buffer): Promise<void> {
  const target = Buffer.from(path);
  try {
    if ((await lstat(target)).isDirectory()) await removeDirectory(target);
    else await unlink(target);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}

const AT_ONCE = 16;

async function removeDirectory(path: Buffer): Promise<void> {
  const entries = await readdir(path, { encoding: 'buffer', withFileTypes: true });
  const inside = (name: Buffer): Buffer => Buffer.concat([path, Buffer.from('/'), name]);
  const files = entries.filter((entry) => !entry.isDirectory());
  for (let at = 0; at < files.length; at += AT_ONCE)
    await Promise.all(files.slice(at, at + AT_ONCE).map((entry) => unlink(inside(entry.name))));
  for (const entry of entries) if (entry.isDirectory()) await removeDirectory(inside(entry.name));
  await rmdir(path);
}
