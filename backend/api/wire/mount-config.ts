import { isAbsolute, normalize } from 'node:path/posix';
import { z } from 'zod';
import type { MountRequest } from '../../engine/containers/container.ts';
import { cleanTarget, plainMount } from '../../engine/containers/parse-bind.ts';
import { byName, flag, text } from './fields.ts';

const PROPAGATIONS = ['', 'private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave'];
const subpath = text.refine(
  (path) => !path || (!isAbsolute(path) && !normalize(path).startsWith('..')),
  'subpath must be a relative path within the volume',
);

const fields = z.looseObject({
  Type: text,
  Source: text,
  Target: text,
  ReadOnly: flag,
  Consistency: text,
  BindOptions: z
    .looseObject({
      Propagation: text,
      NonRecursive: flag,
      CreateMountpoint: flag,
      ReadOnlyNonRecursive: flag,
      ReadOnlyForceRecursive: flag,
    })
    .nullish(),
  VolumeOptions: z
    .looseObject({
      NoCopy: flag,
      Labels: byName,
      Subpath: subpath,
      DriverConfig: z.looseObject({ Name: text, Options: byName }).nullish(),
    })
    .nullish(),
  TmpfsOptions: z
    .looseObject({
      SizeBytes: z.int().nonnegative().nullish(),
      Mode: z.int().min(0).max(0o7777).nullish(),
      Options: z.array(z.array(z.string()).min(1).max(2)).nullish(),
    })
    .nullish(),
  ImageOptions: z.looseObject({ Subpath: subpath }).nullish(),
});
type MountWire = z.infer<typeof fields>;

/** `HostConfig.Mounts[]`: what `--mount` sends. */
export const mountSchema = fields.superRefine((mount, check) => {
  const complaint = complaintOf(mount);
  if (complaint !== null)
    check.addIssue(`invalid mount config for type ${JSON.stringify(mount.Type ?? '')}: ${complaint}`);
});

const TYPES = ['bind', 'volume', 'tmpfs', 'image'] as const;
type MountType = (typeof TYPES)[number];
const isType = (type: string): type is MountType => TYPES.some((known) => known === type);
const OPTIONS = ['BindOptions', 'VolumeOptions', 'TmpfsOptions', 'ImageOptions'] as const;
const OWN: Readonly<Record<MountType, (typeof OPTIONS)[number]>> = {
  bind: 'BindOptions',
  volume: 'VolumeOptions',
  tmpfs: 'TmpfsOptions',
  image: 'ImageOptions',
};

function complaintOf(mount: MountWire): string | null {
  const target = mount.Target ?? '';
  const type = mount.Type ?? '';
  if (target === '') return 'field Target must not be empty';
  if (cleanTarget(target) === '/') return "invalid specification: destination can't be '/'";
  if (!isAbsolute(target)) return `invalid mount path: '${target}' mount path must be absolute`;
  if (!isType(type)) return 'mount type unknown';
  const foreign = OPTIONS.find((name) => name !== OWN[type] && mount[name]);
  if (foreign !== undefined) return `field ${foreign} must not be specified`;
  return sourceComplaint(type, mount) ?? bindComplaint(mount);
}

function sourceComplaint(type: MountType, { Source, ReadOnly }: MountWire): string | null {
  const source = Source ?? '';
  if (source === '' && (type === 'bind' || type === 'image')) return 'field Source must not be empty';
  if (source !== '' && type === 'tmpfs') return 'field Source must not be specified';
  if (source === '' && type === 'volume' && ReadOnly)
    return 'must not set ReadOnly mode when using anonymous volumes';
  if (type === 'bind' && !isAbsolute(source))
    return `invalid mount path: '${source}' mount path must be absolute`;
  return null;
}

function bindComplaint({ BindOptions, ReadOnly }: MountWire): string | null {
  const options = BindOptions ?? {};
  const propagation = options.Propagation ?? '';
  if (!PROPAGATIONS.includes(propagation)) return `invalid propagation mode: ${propagation}`;
  const depths = [options.ReadOnlyNonRecursive, options.ReadOnlyForceRecursive].filter(Boolean).length;
  if (depths === 2) return 'only one of ReadOnlyNonRecursive and ReadOnlyForceRecursive may be specified';
  if (depths > 0 && !ReadOnly)
    return 'field ReadOnly must be specified with ReadOnlyNonRecursive or ReadOnlyForceRecursive';
  if (options.ReadOnlyForceRecursive && options.NonRecursive)
    return 'ReadOnlyForceRecursive cannot be used with NonRecursive';
  if (options.ReadOnlyForceRecursive && propagation !== 'rprivate')
    return 'ReadOnlyForceRecursive requires Propagation to be "rprivate"';
  return null;
}

export function toMountRequest(mount: MountWire): MountRequest {
  const type = TYPES.find((known) => known === mount.Type) ?? 'bind';
  const source = mount.Source ?? '';
  return {
    ...plainMount(cleanTarget(mount.Target ?? '')),
    type,
    source: type === 'bind' ? cleanTarget(source) : source,
    readOnly: mount.ReadOnly ?? false,
    ...ofType(type, mount),
  };
}

function ofType(type: MountType, mount: MountWire): Partial<MountRequest> {
  if (type === 'bind') return toBind(mount.BindOptions ?? {});
  if (type === 'volume') return toVolume(mount.VolumeOptions ?? {});
  if (type === 'image') return { subpath: mount.ImageOptions?.Subpath ?? '' };
  return { options: tmpfsOptions(mount.TmpfsOptions ?? {}, mount.ReadOnly ?? false) };
}

function toBind(options: NonNullable<MountWire['BindOptions']>): Partial<MountRequest> {
  const { ReadOnlyNonRecursive: flat, ReadOnlyForceRecursive: deep } = options;
  return {
    propagation: options.Propagation ?? '',
    nonRecursive: options.NonRecursive ?? false,
    createSource: options.CreateMountpoint ?? false,
    readOnlyDepth: flat ? 'non-recursive' : deep ? 'force-recursive' : '',
  };
}

function toVolume(options: NonNullable<MountWire['VolumeOptions']>): Partial<MountRequest> {
  return {
    noCopy: options.NoCopy ?? false,
    subpath: options.Subpath ?? '',
    volumeLabels: options.Labels ?? {},
    volumeDriver: options.DriverConfig?.Name ?? '',
    volumeOptions: options.DriverConfig?.Options ?? {},
  };
}

function tmpfsOptions(options: NonNullable<MountWire['TmpfsOptions']>, readOnly: boolean): string {
  return [
    ...(readOnly ? ['ro'] : []),
    ...(options.Mode ? [`mode=${options.Mode.toString(8)}`] : []),
    ...(options.SizeBytes ? [`size=${options.SizeBytes}`] : []),
    ...(options.Options ?? []).map((option) => option.join('=')),
  ].join(',');
}

/** As inspect echoes it in `HostConfig.Mounts`. */
export function fromMountRequest(mount: MountRequest): Record<string, unknown> {
  return {
    Type: mount.type,
    ...(mount.source === '' ? {} : { Source: mount.source }),
    Target: mount.target,
    ...(mount.readOnly ? { ReadOnly: true } : {}),
    ...ownOptions(mount),
  };
}

function ownOptions(mount: MountRequest): Record<string, unknown> {
  if (mount.type === 'bind') return given('BindOptions', bindOptions(mount));
  if (mount.type === 'volume') return given('VolumeOptions', volumeOptions(mount));
  if (mount.type === 'image') return given('ImageOptions', mount.subpath ? { Subpath: mount.subpath } : {});
  return given('TmpfsOptions', tmpfsWire(mount.options));
}

const given = (name: string, options: Record<string, unknown>): Record<string, unknown> =>
  Object.keys(options).length > 0 ? { [name]: options } : {};

function bindOptions(mount: MountRequest): Record<string, unknown> {
  return {
    ...(mount.propagation ? { Propagation: mount.propagation } : {}),
    ...(mount.nonRecursive ? { NonRecursive: true } : {}),
    ...(mount.createSource ? { CreateMountpoint: true } : {}),
    ...(mount.readOnlyDepth === 'non-recursive' ? { ReadOnlyNonRecursive: true } : {}),
    ...(mount.readOnlyDepth === 'force-recursive' ? { ReadOnlyForceRecursive: true } : {}),
  };
}

function volumeOptions(mount: MountRequest): Record<string, unknown> {
  const { volumeDriver, volumeOptions: options } = mount;
  const driver = {
    ...(volumeDriver ? { Name: volumeDriver } : {}),
    ...(Object.keys(options).length > 0 ? { Options: options } : {}),
  };
  return {
    ...(mount.noCopy ? { NoCopy: true } : {}),
    ...(Object.keys(mount.volumeLabels).length > 0 ? { Labels: mount.volumeLabels } : {}),
    ...(mount.subpath ? { Subpath: mount.subpath } : {}),
    ...given('DriverConfig', driver),
  };
}

function tmpfsWire(text: string): Record<string, unknown> {
  const options = text.split(',').filter((option) => option !== '' && option !== 'ro');
  const value = (name: string): string | undefined =>
    options.find((option) => option.startsWith(`${name}=`))?.slice(name.length + 1);
  const size = value('size');
  const mode = value('mode');
  const rest = options.filter((option) => !/^(?:size|mode)=/.test(option));
  return {
    ...(size === undefined ? {} : { SizeBytes: Number(size) }),
    ...(mode === undefined ? {} : { Mode: Number.parseInt(mode, 8) }),
    ...(rest.length > 0 ? { Options: rest.map((option) => option.split('=')) } : {}),
  };
}
