import { closeSync, constants, openSync, statSync } from 'node:fs';
import { PathWalk } from '../../linux/path-walk.ts';
import type { Container } from './container.ts';

/** What the runtime mounts anyway; nothing below it is seen in the root file system. */
const COVERED = ['/proc', '/sys', '/dev'];

/**
 * Makes the directories that a container's mounts need and its image lacks: crun would make them with mode 1755.
 * What cannot be made here is left to the runtime, which says what is wrong with it.
 */
export function makeMountPoints(
  rootfs: string,
  { mountPoints, idMapping }: Pick<Container, 'mountPoints' | 'idMapping'>,
  mounts: readonly { source: string; destination: string }[],
): void {
  const directories = mounts
    .filter(({ source }) => isDirectory(source))
    .map(({ destination }) => destination);
  const tmpfs = mountPoints.filter(({ type }) => type === 'tmpfs').map(({ destination }) => destination);
  const all = [...new Set([...mounts.map(({ destination }) => destination), ...tmpfs, ...COVERED])];
  const root = openSync(rootfs, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    for (const path of [...COVERED, ...directories, ...tmpfs])
      if (!all.some((other) => path.startsWith(`${other}/`))) makeIn(root, path, idMapping?.hostId ?? 0);
  } finally {
    closeSync(root);
  }
}

function makeIn(root: number, path: string, owner: number): void {
  using walk = new PathWalk(root);
  try {
    walk.to(Buffer.from(path).toString('latin1'), { make: owner });
  } catch {
    // A file is in the way, symlinks lead in circles: see above.
  }
}

const isDirectory = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
