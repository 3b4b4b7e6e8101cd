import { z } from 'zod';
import { unavailable } from '../../base/errors.ts';
import type { CreateVolumeRequest, VolumeRecord } from '../../volume/volumes.ts';

/** By it clients, and `prune`, know the volumes that were made without a name. */
export const ANONYMOUS_LABEL = 'com.docker.volume.anonymous';

export interface VolumeUsage {
  size: number;
  /** Containers that have it, running or not. */
  users: number;
}

/** A volume in lists, in inspect and, with its usage, in GET /system/df. */
export function volumeWire(volume: VolumeRecord, usage?: VolumeUsage): Record<string, unknown> {
  const { name, driver, mountpoint, createdAt, options } = volume;
  const labels = volumeLabels(volume);
  return {
    // Docker gives whole seconds here.
    CreatedAt: createdAt.replace(/\.\d+Z$/, 'Z'),
    Driver: driver,
    Labels: Object.keys(labels).length > 0 ? labels : null,
    Mountpoint: mountpoint,
    Name: name,
    Options: Object.keys(options).length > 0 ? options : null,
    Scope: 'local',
    ...(usage ? { UsageData: { Size: usage.size, RefCount: usage.users } } : {}),
  };
}

export function volumeLabels({ labels, anonymous }: VolumeRecord): Record<string, string> {
  return anonymous ? { [ANONYMOUS_LABEL]: '', ...labels } : labels;
}

const text = z.string().nullish();
const byName = z.record(z.string(), z.string()).nullish();
/** POST /volumes/create */
const volumeCreateWire = z.looseObject({
  Name: text,
  Driver: text,
  DriverOpts: byName,
  Labels: byName,
  ClusterVolumeSpec: z.looseObject({}).nullish(),
});

export function toCreateVolumeRequest(body: unknown): CreateVolumeRequest {
  const wire = volumeCreateWire.parse(body ?? {});
  if (wire.ClusterVolumeSpec) throw noSwarm();
  return {
    name: wire.Name || null,
    driver: wire.Driver ?? '',
    options: wire.DriverOpts ?? {},
    labels: wire.Labels ?? {},
  };
}

export function noSwarm(): Error {
  return unavailable(
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
  );
}
