import { isAbsolute } from 'node:path/posix';
import { z } from 'zod';
import { notImplemented } from '../../base/errors.ts';
import type { MountPoint, MountRequest } from '../../engine/containers/container.ts';

/** `HostConfig.Mounts[]`: what `--mount` sends. */
export const mountSchema = z.looseObject({
  Type: z.enum(['bind', 'volume', 'tmpfs', 'image', 'npipe', 'cluster']),
  Source: z.string().nullish(),
  Target: z.string().refine(isAbsolute, 'mount path must be absolute'),
  ReadOnly: z.boolean().nullish(),
  BindOptions: z
    .looseObject({ Propagation: z.string().nullish(), CreateMountpoint: z.boolean().nullish() })
    .nullish(),
  VolumeOptions: z.looseObject({ NoCopy: z.boolean().nullish(), Subpath: z.string().nullish() }).nullish(),
  TmpfsOptions: z.looseObject({ SizeBytes: z.int().nullish(), Mode: z.int().nullish() }).nullish(),
});

export function toMountRequest(mount: z.infer<typeof mountSchema>): MountRequest {
  const { Type, Source, Target, ReadOnly, BindOptions, VolumeOptions, TmpfsOptions } = mount;
  if (Type !== 'bind' && Type !== 'volume' && Type !== 'tmpfs')
    throw notImplemented(`mounts of type ${Type} are not supported by this version of stratad`);
  if (VolumeOptions?.Subpath)
    throw notImplemented('VolumeOptions.Subpath is not supported by this version of stratad');
  return {
    type: Type,
    source: Source ?? '',
    target: Target,
    readOnly: ReadOnly ?? false,
    propagation: BindOptions?.Propagation ?? '',
    noCopy: VolumeOptions?.NoCopy ?? false,
    createSource: BindOptions?.CreateMountpoint ?? false,
    options: tmpfsOptions(TmpfsOptions),
    subpath: '',
    nonRecursive: false,
    readOnlyDepth: '' as const,
    volumeLabels: {},
    volumeDriver: '',
    volumeOptions: {},
  };
}

function tmpfsOptions(
  options: { SizeBytes?: number | null | undefined; Mode?: number | null | undefined } | null | undefined,
): string {
  const parts: string[] = [];
  if (options?.SizeBytes) parts.push(`size=${options.SizeBytes}`);
  if (options?.Mode) parts.push(`mode=${options.Mode.toString(8)}`);
  return parts.join(',');
}

/** `Mounts[]` of a container's inspect and list. */
export function fromMountPoint(point: MountPoint): Record<string, unknown> {
  const common = {
    Type: point.type,
    Source: point.source,
    Destination: point.destination,
    Mode: point.options,
    RW: !point.readOnly,
    Propagation: point.propagation,
  };
  return point.type === 'volume' ? { ...common, Name: point.name, Driver: 'local' } : common;
}
