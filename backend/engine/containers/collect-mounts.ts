import { existsSync } from 'node:fs';
import { invalidArgument } from '../../base/errors.ts';
import type { EngineContext } from '../context.ts';
import type { ContainerConfig, HostConfig, MountPoint, MountRequest } from './container.ts';
import { cleanTarget, parseBind, parseVolumesFrom, plainMount } from './parse-bind.ts';

export interface WantedMounts {
  /** To be made for this container, each destination once. */
  requests: MountRequest[];
  /** Taken over from other containers as they are. */
  inherited: MountPoint[];
}

/**
 * What a new container mounts, checked and with nothing made: the wishes win over what comes from other containers,
 * and that over the image's own volumes.
 * @throws invalid-argument in Docker's words, for two wishes for one place too; not-found for a container
 */
export function collectMounts(
  context: Pick<EngineContext, 'containers'>,
  config: ContainerConfig,
  hostConfig: HostConfig,
): WantedMounts {
  const wishes = wishesOf(hostConfig);
  for (const wish of wishes.values()) checkSource(wish);
  const inherited = new Map<string, MountPoint>();
  for (const point of hostConfig.volumesFrom.flatMap((text) => pointsFrom(context, text)))
    if (!wishes.has(point.destination)) inherited.set(point.destination, point);
  for (const target of config.volumes.map(cleanTarget)) {
    if (!wishes.has(target) && !inherited.has(target))
      wishes.set(target, { ...plainMount(target), volumeDriver: hostConfig.volumeDriver });
  }
  return { requests: [...wishes.values()], inherited: [...inherited.values()] };
}

function wishesOf({ binds, mounts, tmpfs, volumeDriver }: HostConfig): Map<string, MountRequest> {
  const temporary = Object.entries(tmpfs).map(
    ([target, options]): MountRequest => ({ ...plainMount(checkedTarget(target)), type: 'tmpfs', options }),
  );
  const wishes = new Map<string, MountRequest>();
  for (const wish of [...binds.map((text) => parseBind(text, volumeDriver)), ...mounts, ...temporary]) {
    if (wishes.has(wish.target)) throw invalidArgument(`Duplicate mount point: ${wish.target}`);
    wishes.set(wish.target, wish);
  }
  return wishes;
}

function checkedTarget(target: string): string {
  const clean = cleanTarget(target);
  if (clean === '/') throw invalidArgument("invalid specification: destination can't be '/'");
  if (!clean.startsWith('/'))
    throw invalidArgument(`invalid mount path: '${target}' mount path must be absolute`);
  return clean;
}

function checkSource({ type, source, createSource, volumeDriver }: MountRequest): void {
  if (type === 'bind' && !createSource && !existsSync(source)) throw missingSource(source);
  if (type === 'volume' && volumeDriver !== '' && volumeDriver !== 'local') {
    throw invalidArgument(
      `error looking up volume plugin ${volumeDriver}: plugin ${JSON.stringify(volumeDriver)} not found`,
    );
  }
}

export function missingSource(source: string): Error {
  return invalidArgument(`invalid mount config for type "bind": bind source path does not exist: ${source}`);
}

/** Volumes and binds of another container; nothing of the image is copied into them again. */
function pointsFrom({ containers }: Pick<EngineContext, 'containers'>, text: string): MountPoint[] {
  const { name, readOnly } = parseVolumesFrom(text);
  return containers
    .resolve(name)
    .mountPoints.filter(({ type }) => type === 'bind' || type === 'volume')
    .map((point) => ({ ...point, readOnly: point.readOnly || readOnly, copyUp: false }));
}
