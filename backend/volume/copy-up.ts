import { closeSync, fstatSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { internal, invalidArgument, isErrno, messageOf } from '../base/errors.ts';
import { openInRoot } from '../linux/open-in-root.ts';
import { runCommand } from '../linux/run-command.ts';
import { publishCopy } from './publish-copy.ts';
import type { VolumePaths } from './volume-paths.ts';

const COPY_TIMEOUT = 30 * 60_000;

/**
 * Fills an empty volume from a directory of a root file system. After a crash the volume is either as
 * empty as before or, after the next start, whole.
 */
export async function copyUp(paths: VolumePaths, rootfs: string, pathInside: string): Promise<void> {
  publishCopy(paths);
  if ((await readdir(paths.data)).length > 0) return;
  const source = openSource(rootfs, pathInside);
  if (source === null) return;
  try {
    await rm(paths.copy, { recursive: true, force: true });
    await copyTree(`/proc/${process.pid}/fd/${source}/.`, paths.copy);
    await runCommand('sync', ['-f', paths.copy]);
    await rename(paths.copy, paths.ready);
    publishCopy(paths);
  } catch (error) {
    await rm(paths.copy, { recursive: true, force: true });
    throw internal(`copying ${pathInside} of the image into the volume failed: ${messageOf(error)}`, error);
  } finally {
    closeSync(source);
  }
}

/**
 * The same for a volume that is mounted from somewhere else. There is no place on its own file system where a
 * copy could be made whole first: one that was cut short is emptied by nobody, and then counts as filled.
 */
export async function copyIntoMount(paths: VolumePaths, rootfs: string, pathInside: string): Promise<void> {
  if ((await readdir(paths.data)).length > 0) return;
  const source = openSource(rootfs, pathInside);
  if (source === null) return;
  try {
    await copyTree(`/proc/${process.pid}/fd/${source}/.`, paths.data);
  } catch (error) {
    throw internal(`copying ${pathInside} of the image into the volume failed: ${messageOf(error)}`, error);
  } finally {
    closeSync(source);
  }
}

/** The image's paths are a stranger's: no symlink of theirs leads out of the root file system. */
function openSource(rootfs: string, pathInside: string): number | null {
  const source = openQuietly(rootfs, pathInside);
  if (source === null || fstatSync(source).isDirectory()) return source;
  closeSync(source);
  throw invalidArgument(`a volume cannot be mounted on ${pathInside}: it is not a directory in the image`);
}

function openQuietly(rootfs: string, pathInside: string): number | null {
  try {
    return openInRoot(rootfs, pathInside);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null;
    throw invalidArgument(`a volume cannot be mounted on ${pathInside}: ${messageOf(error)}`, error);
  }
}

/**
 * `cp` and not a copier of ours: it keeps owners, modes, nanoseconds, extended attributes, hard links, holes
 * and devices, follows no symlink on its way (`-a`), and shares blocks where the file system can.
 * The process id in the path is ours, because `self` would be cp.
 */
async function copyTree(from: string, to: string): Promise<void> {
  await runCommand('cp', ['-aT', '--', from, to], {
    timeout: COPY_TIMEOUT,
    env: { ...process.env, LC_ALL: 'C' },
  });
}
