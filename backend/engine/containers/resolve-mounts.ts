import { existsSync } from 'node:fs';
import { invalidArgument } from '../../base/errors.ts';
import type { EngineContext } from '../context.ts';
import type { ContainerConfig, HostConfig, MountPoint, MountRequest } from './container.ts';
import { cleanTarget, parseBind } from './parse-bind.ts';

const DEFAULT_PROPAGATION = 'rprivate';

/**
 * The mounts of a new container, each destination once, shortest first so that a mount below another lands in it.
 * Named volumes are made now; anonymous ones get their names now.
 * @param undo is told how to remove each anonymous volume
 */
export async function resolveMounts(
  { volumes }: Pick<EngineContext, 'volumes'>,
  config: ContainerConfig,
  hostConfig: HostConfig,
  undo: (step: () => Promise<void>) => void,
): Promise<MountPoint[]> {
  const requests = collectRequests(config, hostConfig);
  const points: MountPoint[] = [];
  for (const request of requests.values()) {
    const point = await toMountPoint(volumes, request);
    if (point.anonymous && point.name !== null) {
      const { name } = point;
      undo(() => volumes.remove(name));
    }
    points.push(point);
  }
  return points.sort((a, b) => depth(a.destination) - depth(b.destination));
}

/** By destination. What the user asks for wins over the image's VOLUME; two wishes for one place are refused. */
function collectRequests(config: ContainerConfig, hostConfig: HostConfig): Map<string, MountRequest> {
  const wishes = [...hostConfig.binds.map(parseBind), ...hostConfig.mounts];
  for (const [target, options] of Object.entries(hostConfig.tmpfs)) {
    wishes.push({ ...anonymousVolume(cleanTarget(target)), type: 'tmpfs', options });
  }
  const requests = new Map<string, MountRequest>();
  for (const wish of wishes) {
    if (requests.has(wish.target)) throw invalidArgument(`Duplicate mount point: ${wish.target}`);
    requests.set(wish.target, wish);
  }
  for (const target of config.volumes.map(cleanTarget)) {
    if (!requests.has(target)) requests.set(target, anonymousVolume(target));
  }
  return requests;
}

function anonymousVolume(target: string): MountRequest {
  return {
    type: 'volume',
    source: '',
    target,
    readOnly: false,
    propagation: '',
    noCopy: false,
    createSource: false,
    options: '',
    subpath: '',
    nonRecursive: false,
    readOnlyDepth: '' as const,
    volumeLabels: {},
    volumeDriver: '',
    volumeOptions: {},
  };
}

async function toMountPoint(volumes: EngineContext['volumes'], request: MountRequest): Promise<MountPoint> {
  const { type, source, target: destination, readOnly, options } = request;
  const base = {
    type,
    destination,
    readOnly,
    options,
    name: null,
    source,
    propagation: '',
    copyUp: false,
    anonymous: false,
    subpath: request.subpath,
    nonRecursive: request.nonRecursive,
    readOnlyDepth: request.readOnlyDepth,
  };
  if (type === 'tmpfs') return { ...base, source: '' };
  if (type === 'bind') {
    if (!request.createSource && !existsSync(source)) {
      throw invalidArgument(
        `invalid mount config for type "bind": bind source path does not exist: ${source}`,
      );
    }
    return { ...base, propagation: request.propagation || DEFAULT_PROPAGATION };
  }
  const volume = await volumes.ensure(source || null);
  return {
    ...base,
    name: volume.name,
    source: volume.mountpoint,
    copyUp: !request.noCopy,
    anonymous: source === '',
  };
}

function depth(path: string): number {
  return path.split('/').length;
}
