import type { Digest } from '../../oci/digest.ts';
import type { IdMapping } from '../../oci/id-mapping.ts';
import type { EngineContext } from '../context.ts';
import type { WantedMounts } from './collect-mounts.ts';
import type { MountPoint, MountRequest } from './container.ts';
import { imageSnapshot } from './image-mounts.ts';

type Context = Pick<EngineContext, 'volumes' | 'snapshotter'>;
const DEFAULT_PROPAGATION = 'rprivate';

/** The container that is being made. */
export interface MountTarget {
  id: string;
  idMapping: IdMapping | null;
  /** Of the image mounts, by destination; their layers are held. */
  images: ReadonlyMap<string, NonNullable<MountPoint['image']>>;
  /** Is told how to take back what was made for this container alone. */
  undo: (step: () => Promise<void>) => void;
}

/**
 * Makes what the mounts of a new container need: volumes that are missing, anonymous ones, views of images.
 * Shortest destination first, so that a mount below another lands in it.
 */
export async function resolveMounts(
  context: Context,
  { requests, inherited }: WantedMounts,
  target: MountTarget,
): Promise<MountPoint[]> {
  const points = [...inherited];
  for (const request of requests) points.push(await toMountPoint(context, request, target));
  return points.sort((a, b) => depth(a.destination) - depth(b.destination));
}

async function toMountPoint(
  context: Context,
  request: MountRequest,
  target: MountTarget,
): Promise<MountPoint> {
  const { target: destination, volumeLabels: _labels, volumeDriver: _driver, ...kept } = request;
  const { noCopy: _noCopy, volumeOptions: _options, ...asked } = kept;
  const base: MountPoint = {
    ...asked,
    destination,
    name: null,
    propagation: '',
    copyUp: false,
    anonymous: false,
    image: null,
  };
  if (request.type === 'tmpfs') return { ...base, source: '' };
  if (request.type === 'bind') return { ...base, propagation: request.propagation || DEFAULT_PROPAGATION };
  if (request.type === 'image') return { ...base, ...(await makeImageMount(context, destination, target)) };
  return { ...base, ...(await makeVolume(context, request, target)) };
}

async function makeImageMount(
  { snapshotter }: Context,
  destination: string,
  { id, idMapping, images, undo }: MountTarget,
): Promise<Partial<MountPoint>> {
  const image = images.get(destination);
  const snapshot = imageSnapshot(id, destination);
  undo(() => snapshotter.remove(snapshot));
  await snapshotter.prepare(snapshot, (image?.diffIds ?? []) as Digest[], idMapping);
  return { readOnly: true, ...(image ? { image } : {}) };
}

async function makeVolume(
  { volumes }: Context,
  { source, noCopy, volumeLabels, volumeDriver, volumeOptions }: MountRequest,
  { undo }: MountTarget,
): Promise<Partial<MountPoint>> {
  const known = source !== '' && volumes.list().some(({ name }) => name === source);
  const volume = await volumes.create({
    name: source || null,
    driver: volumeDriver,
    // A volume that is there already is used as it is.
    options: known ? {} : volumeOptions,
    labels: volumeLabels,
  });
  if (!known) undo(() => volumes.remove(volume.name));
  return {
    name: volume.name,
    source: volume.mountpoint,
    copyUp: !noCopy,
    anonymous: source === '',
  };
}

function depth(path: string): number {
  return path.split('/').length;
}
