import { closeSync, fstatSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '../base/errors.ts';
import { cloneMount, mapMountIds, placeMount } from './mount-tree.ts';
import { detach, mount, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_PRIVATE } from './mount.ts';

/** What is to be seen in a place. */
export interface PlacedMount {
  source: string;
  /** The mounts below the source come with it. */
  recursive?: boolean;
  /** Descriptor of the user namespace whose mapping the mount shows; null for owners as they are on disk. */
  userNamespace: number | null;
}

/**
 * Mounts clones of directories and files side by side below `place`, on a small file system of its own, so that
 * all of them go with a single call, also after a crash: see `dropPlace`. Only `group` may pass through it.
 * @returns their paths, in order
 */
export function makePlace(place: string, mounts: readonly PlacedMount[], group = 0): string[] {
  dropPlace(place);
  mkdirSync(place, { recursive: true, mode: 0o711 });
  try {
    const flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
    mount({ source: 'strata', target: place, type: 'tmpfs', flags, data: `mode=0710,gid=${group},size=1m` });
    // Other mount namespaces of the host need no copies of what comes and goes here.
    mount({ source: '', target: place, type: null, flags: MS_PRIVATE });
    return mounts.map((wanted, at) => putInPlace(wanted, join(place, String(at))));
  } catch (error) {
    dropPlace(place);
    throw error;
  }
}

function putInPlace({ source, recursive = false, userNamespace }: PlacedMount, target: string): string {
  const clone = cloneMount(source, { recursive });
  try {
    if (userNamespace !== null) mapMountIds(clone, userNamespace, source);
    // Asked of the clone: the path may lead elsewhere by now.
    if (fstatSync(clone).isDirectory()) mkdirSync(target);
    else writeFileSync(target, '');
    placeMount(clone, target);
    return target;
  } finally {
    closeSync(clone);
  }
}

/** Takes the place away with all that is mounted in it. Idempotent. Whoever uses one of the mounts keeps it. */
export function dropPlace(place: string): void {
  try {
    for (;;) detach(place);
  } catch (error) {
    // EINVAL: nothing is mounted there any more.
    if (!isErrno(error, 'EINVAL') && !isErrno(error, 'ENOENT')) throw error;
  }
  try {
    rmdirSync(place);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}

/** Drops every place in a directory: what a process that died had there. */
export function dropPlaces(directory: string): void {
  for (const name of readdirSync(directory)) dropPlace(join(directory, name));
}
