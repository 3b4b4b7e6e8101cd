import { mkdir, stat } from 'node:fs/promises';
import { internal, isErrno } from '../../base/errors.ts';
import type { EngineContext } from '../context.ts';
import type { Container, MountPoint } from './container.ts';
import { writeEtcFiles } from './etc-files.ts';

/** A mount of the container as the spec wants it: host path, path inside, options. */
export interface ReadyMount {
  source: string;
  destination: string;
  readOnly: boolean;
  propagation: string;
}

/**
 * Makes everything that the container's bind mounts need before its first process: volumes filled from the
 * image, missing sources of `-v`, and the managed files below /etc. The user's own mounts come last and win.
 */
export async function prepareMounts(
  context: EngineContext,
  container: Container,
  rootfs: string,
): Promise<ReadyMount[]> {
  const own = container.mountPoints.filter(({ type }) => type !== 'tmpfs');
  for (const point of own) await prepareSource(context, container, point, rootfs);
  const taken = new Set(own.map(({ destination }) => destination));
  const etc = await writeEtcFiles(context, container);
  return [...etc.filter(({ destination }) => !taken.has(destination)), ...own];
}

async function prepareSource(
  { volumes }: EngineContext,
  { idMapping }: Container,
  point: MountPoint,
  rootfs: string,
): Promise<void> {
  if (point.type === 'volume' && point.name !== null) {
    if (point.copyUp) await volumes.copyUp(point.name, rootfs, point.destination, idMapping);
    return;
  }
  try {
    await stat(point.source);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw internal(`cannot use ${point.source} as a bind mount`, error);
    await mkdir(point.source, { recursive: true });
  }
}
