import { closeSync, constants, openSync } from 'node:fs';
import { invalidArgument, isErrno } from '../../base/errors.ts';
import { PathWalk } from '../../linux/path-walk.ts';
import { makeUserNamespace } from '../../linux/user-namespace.ts';
import type { EngineContext } from '../context.ts';
import type { Container } from './container.ts';

/**
 * Makes the working directory of a new container where its image has none, for the container's root: it is there
 * before the first start, for copies and exports. What lies in a volume is made by the runtime.
 * @throws invalid-argument in Docker's words where something else is in the way
 */
export async function makeWorkingDirectory(
  { snapshotter }: Pick<EngineContext, 'snapshotter'>,
  { id, config, idMapping }: Pick<Container, 'id' | 'config' | 'idMapping'>,
): Promise<void> {
  if (config.workingDir === '' || config.workingDir === '/') return;
  // Parents that the image has are copied up with their owners, which only a mapped mount shows as they are inside.
  using userNamespace = idMapping ? await makeUserNamespace(idMapping) : null;
  const rootfs = await snapshotter.mount(id, userNamespace);
  try {
    makeIn(rootfs, config.workingDir, idMapping?.hostId ?? 0);
  } finally {
    await snapshotter.unmount(id);
  }
}

function makeIn(rootfs: string, path: string, owner: number): void {
  const root = openSync(rootfs, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    using walk = new PathWalk(root);
    walk.to(Buffer.from(path).toString('latin1'), { make: owner });
  } catch (error) {
    if (isErrno(error, 'ENOTDIR')) throw invalidArgument(`Cannot mkdir: ${path} is not a directory`, error);
    throw error;
  } finally {
    closeSync(root);
  }
}
