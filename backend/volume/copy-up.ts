import { closeSync, fstatSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { codeOf, internal, invalidArgument, isErrno, messageOf } from '../base/errors.ts';
import { copyTree } from '../linux/copy-tree.ts';
import { openInRoot } from '../linux/open-in-root.ts';
import { runCommand } from '../linux/run-command.ts';
import type { IdMapping } from '../oci/id-mapping.ts';
import { publishCopy } from './publish-copy.ts';
import { unmapOwners } from './unmap-owners.ts';
import type { VolumePaths } from './volume-paths.ts';
import type { CopySource } from './volumes.ts';

const COPY_TIMEOUT = 30 * 60_000;

/**
 * Fills an empty volume from a directory of a root file system. After a crash the volume is either as
 * empty as before or, after the next start, whole.
 */
export async function copyUp(paths: VolumePaths, source: CopySource): Promise<void> {
  publishCopy(paths);
  if ((await readdir(paths.data)).length > 0) return;
  const opened = openSource(source);
  if (opened === null) return;
  try {
    await rm(paths.copy, { recursive: true, force: true });
    await copyWhole(opened, paths.copy, source.mapping);
    await runCommand('sync', ['-f', paths.copy]);
    await rename(paths.copy, paths.ready);
    publishCopy(paths);
  } catch (error) {
    await rm(paths.copy, { recursive: true, force: true });
    throw copyFailed(source, error);
  } finally {
    closeSync(opened);
  }
}

/**
 * The same for a volume that is mounted from somewhere else. There is no place on its own file system where a
 * copy could be made whole first: one that was cut short is emptied by nobody, and then counts as filled.
 */
export async function copyIntoMount(paths: VolumePaths, source: CopySource): Promise<void> {
  await copyIntoDirectory(paths, source, openInRoot(paths.data, '.'));
}

/** The same for a directory of a volume. What it led to when it was opened is what is filled. */
export async function copyIntoSubpath(
  paths: VolumePaths,
  source: CopySource,
  subpath: string,
): Promise<void> {
  const target = openTarget(paths.data, subpath);
  if (target !== null) await copyIntoDirectory(paths, source, target);
}

/** Other containers may have it mounted and swap names in it meanwhile: everything is made by descriptors. */
async function copyIntoDirectory(paths: VolumePaths, source: CopySource, target: number): Promise<void> {
  let opened: number | null = null;
  try {
    if (!fstatSync(target).isDirectory() || (await readdir(`/proc/self/fd/${target}`)).length > 0) return;
    opened = openSource(source);
    if (opened === null) return;
    if (source.mapping) await copyUnmapped(paths, opened, target, source.mapping);
    else await copyBetween(opened, target);
  } catch (error) {
    throw codeOf(error) === 'internal' ? copyFailed(source, error) : error;
  } finally {
    if (opened !== null) closeSync(opened);
    closeSync(target);
  }
}

/** Owners are changed where nobody else is. */
async function copyUnmapped(
  { copy }: VolumePaths,
  source: number,
  target: number,
  mapping: IdMapping,
): Promise<void> {
  try {
    await rm(copy, { recursive: true, force: true });
    await copyWhole(source, copy, mapping);
    const own = openInRoot(copy, '.');
    try {
      await copyBetween(own, target);
    } finally {
      closeSync(own);
    }
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/** With pauses, in which the daemon serves its clients. */
async function copyBetween(from: number, to: number): Promise<void> {
  for (const _ of copyTree(from, to)) await setImmediate();
}

function copyFailed({ pathInside }: CopySource, error: unknown): Error {
  return internal(`copying ${pathInside} of the image into the volume failed: ${messageOf(error)}`, error);
}

/** Null where there is nothing that a container could be given: its start says so. */
function openTarget(data: string, subpath: string): number | null {
  try {
    return openInRoot(data, subpath);
  } catch {
    return null;
  }
}

/** The image's paths are a stranger's: no symlink of theirs leads out of the root file system. */
function openSource({ rootfs, pathInside }: CopySource): number | null {
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
async function copyWhole(source: number, to: string, mapping: IdMapping | null | undefined): Promise<void> {
  const from = `/proc/${process.pid}/fd/${source}/.`;
  await runCommand('cp', ['-aT', '--', from, to], {
    timeout: COPY_TIMEOUT,
    env: { ...process.env, LC_ALL: 'C' },
  });
  if (mapping) await unmapOwners(to, mapping);
}
