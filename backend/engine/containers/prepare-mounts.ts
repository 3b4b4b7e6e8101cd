import { statSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { internal, isErrno } from '../../base/errors.ts';
import type { EngineContext } from '../context.ts';
import type { UserNamespace } from '../../linux/user-namespace.ts';
import { checkPropagation } from './check-propagation.ts';
import { missingSource } from './collect-mounts.ts';
import type { Container, MountPoint } from './container.ts';
import { writeEtcFiles } from './etc-files.ts';
import { hostFacts } from './host-facts.ts';
import { mountImages } from './image-mounts.ts';
import { stageParts } from './stage-parts.ts';

/** A mount of the container as the spec wants it: host path, path inside, options. */
export interface ReadyMount {
  source: string;
  destination: string;
  readOnly: boolean;
  propagation: string;
  nonRecursive?: boolean | undefined;
  recursiveReadOnly?: boolean | undefined;
  /** Programs and devices in it do not count. */
  quiet?: boolean | undefined;
  /** What of the source is meant; empty for all of it. */
  subpath?: string | undefined;
}

/**
 * Makes everything that the container's bind mounts need before its first process: volumes filled from the
 * image, missing sources of `-v`, views of images, and the managed files below /etc. The user's own
 * mounts come last and win.
 */
export async function prepareMounts(
  context: EngineContext,
  container: Container,
  { rootfs, userNamespace }: { rootfs: string; userNamespace: UserNamespace | null },
): Promise<ReadyMount[]> {
  const points = container.mountPoints.filter(({ type }) => type !== 'tmpfs');
  for (const point of points) await prepareSource(context, container, point, rootfs);
  const images = await mountImages(context, container, userNamespace);
  const own = points.map((point) => readyMount(point, images.get(point.destination)));
  const taken = new Set(container.mountPoints.map(({ destination }) => destination));
  const etc = await writeEtcFiles(context, container);
  return stageParts(context, container.id, [
    ...etc.filter(({ destination }) => !taken.has(destination)),
    ...own,
  ]);
}

async function prepareSource(
  { volumes }: EngineContext,
  { idMapping }: Container,
  point: MountPoint,
  rootfs: string,
): Promise<void> {
  // Of a container that an older daemon made: see `fillVolumes`.
  if (point.type === 'volume' && point.name !== null && point.copyUp)
    await volumes.copyUp(point.name, { rootfs, pathInside: point.destination, mapping: idMapping });
  if (point.type !== 'bind') return;
  try {
    await stat(point.source);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw internal(`cannot use ${point.source} as a bind mount`, error);
    if (!point.createSource) throw missingSource(point.source);
    await mkdir(point.source, { recursive: true });
  }
  checkPropagation(point.source, point.propagation);
}

function readyMount(point: MountPoint, imagePath: string | undefined): ReadyMount {
  const { destination, readOnly, propagation, nonRecursive, subpath } = point;
  return {
    source: imagePath ?? point.source,
    destination,
    readOnly,
    propagation,
    nonRecursive,
    subpath,
    recursiveReadOnly: goesDeep(point),
  };
}

/** As Docker has it: as deep as the kernel can, unless the user wants it flat or insists. */
function goesDeep(point: MountPoint): boolean {
  const { type, source, destination, readOnly, readOnlyDepth, nonRecursive } = point;
  if (type !== 'bind' || !readOnly || nonRecursive || readOnlyDepth === 'non-recursive') return false;
  // Nothing is mounted below a file, and crun opens what it goes into as a directory.
  if (!statSync(source).isDirectory()) return false;
  const { recursiveReadOnly } = hostFacts();
  if (readOnlyDepth === 'force-recursive' && !recursiveReadOnly)
    throw internal(
      `the mount at ${destination} cannot be made read-only recursively: this takes Linux 5.12 or newer`,
    );
  return recursiveReadOnly;
}
