import { closeSync } from 'node:fs';
import { isErrno } from '../../base/errors.ts';
import { openInRoot } from '../../linux/open-in-root.ts';
import { makeUserNamespace } from '../../linux/user-namespace.ts';
import { FILES_HOLDER } from '../../volume/volumes.ts';
import type { EngineContext } from '../context.ts';
import type { Container, MountPoint } from './container.ts';

type Context = Pick<EngineContext, 'volumes' | 'snapshotter'>;

/**
 * Fills a new container's empty volumes from its image. As with Docker when it is made and not when it starts:
 * containers that only hold volumes for others never do.
 */
export async function fillVolumes(context: Context, container: Container): Promise<void> {
  const points = container.mountPoints.filter(({ type, copyUp }) => type === 'volume' && copyUp);
  if (points.length === 0) return;
  const { id, idMapping } = container;
  using userNamespace = idMapping && (await makeUserNamespace(idMapping));
  const rootfs = await context.snapshotter.mount(id, userNamespace);
  try {
    for (const point of points) await fillOne(context, container, point, rootfs);
  } finally {
    await context.snapshotter.unmount(id);
  }
}

async function fillOne(
  { volumes }: Context,
  { id, idMapping: mapping }: Container,
  point: MountPoint,
  rootfs: string,
): Promise<void> {
  const { name, destination: pathInside, subpath } = point;
  point.copyUp = false;
  // Before the volume is mounted: a server that does not answer is then the start's business.
  if (name === null || !isThere(rootfs, pathInside)) return;
  const hold = { name, holder: `${FILES_HOLDER}${id}` };
  await volumes.hold(hold);
  try {
    await volumes.copyUp(name, { rootfs, pathInside, mapping, ...(subpath ? { subpath } : {}) });
  } finally {
    await volumes.release(hold);
  }
}

/** What cannot be looked at is there: the copy will say why. */
function isThere(rootfs: string, path: string): boolean {
  try {
    closeSync(openInRoot(rootfs, path));
    return true;
  } catch (error) {
    return !isErrno(error, 'ENOENT');
  }
}
