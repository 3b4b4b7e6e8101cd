import { z } from 'zod';
import { notImplemented } from '../../base/errors.ts';
import type { HostConfig, MountRequest } from '../../engine/containers/container.ts';
import { mountSchema, toMountRequest } from './mount.ts';

/** Go's clients send null for what is empty. */
const strings = z.array(z.string()).nullish();
const text = z.string().nullish();
const whole = z.int().nullish();
const byName = z.record(z.string(), z.string()).nullish();

const MIN_MEMORY = 6 * 1024 * 1024;
const memory = z
  .int()
  .refine((bytes) => bytes <= 0 || bytes >= MIN_MEMORY, 'minimum memory limit allowed is 6MB');

/** `HostConfig` of POST /containers/create. Fields that are not named here are not looked at. */
export const hostConfigWire = z.looseObject({
  Memory: memory.nullish(),
  MemorySwap: whole,
  MemoryReservation: whole,
  NanoCpus: z.int().nonnegative().nullish(),
  CpuShares: z.int().nonnegative().nullish(),
  CpuPeriod: z.int().nonnegative().nullish(),
  CpuQuota: whole,
  CpusetCpus: text,
  CpusetMems: text,
  PidsLimit: whole,
  Binds: strings,
  Mounts: z.array(mountSchema).nullish(),
  Tmpfs: byName,
  CapAdd: strings,
  CapDrop: strings,
  Privileged: z.boolean().nullish(),
  ReadonlyRootfs: z.boolean().nullish(),
  AutoRemove: z.boolean().nullish(),
  RestartPolicy: z
    .object({
      Name: z.enum(['', 'no', 'always', 'on-failure', 'unless-stopped']).nullish(),
      MaximumRetryCount: z.int().nonnegative().nullish(),
    })
    .nullish(),
  PortBindings: z
    .record(z.string(), z.array(z.object({ HostIp: text, HostPort: text })).nullable())
    .nullish(),
  PublishAllPorts: z.boolean().nullish(),
  NetworkMode: text,
  SecurityOpt: strings,
  Ulimits: z.array(z.object({ Name: z.string(), Soft: z.int(), Hard: z.int() })).nullish(),
  ShmSize: z.int().nonnegative().nullish(),
  ExtraHosts: strings,
  Dns: strings,
  DnsSearch: strings,
  DnsOptions: strings,
  GroupAdd: strings,
  OomScoreAdj: z.int().min(-1000).max(1000).nullish(),
  Sysctls: byName,
  PidMode: text,
  IpcMode: text,
  UTSMode: text,
  CgroupnsMode: text,
  ConsoleSize: z.tuple([z.int().nonnegative(), z.int().nonnegative()]).nullish(),
  LogConfig: z.object({ Type: text, Config: byName }).nullish(),
});
type HostConfigWire = z.infer<typeof hostConfigWire>;

/** What this version cannot do yet. A request that asks for it is refused by name: nothing pretends. */
const LATER = [
  'Init',
  'Devices',
  'DeviceRequests',
  'DeviceCgroupRules',
  'VolumesFrom',
  'Links',
  'UsernsMode',
  'CgroupParent',
  'BlkioWeight',
  'BlkioWeightDevice',
  'BlkioDeviceReadBps',
  'BlkioDeviceWriteBps',
  'BlkioDeviceReadIOps',
  'BlkioDeviceWriteIOps',
  'OomKillDisable',
  'StorageOpt',
  'VolumeDriver',
  'Runtime',
  'CpuRealtimePeriod',
  'CpuRealtimeRuntime',
  'Annotations',
  'MaskedPaths',
  'ReadonlyPaths',
];

/** @throws not-implemented naming a field that is not built yet */
export function toHostConfig(wire: HostConfigWire): HostConfig {
  refuseLater(wire);
  return { ...toResources(wire), ...toIsolation(wire), ...toSurroundings(wire), ...NOT_ASKED_FOR };
}

const NOT_ASKED_FOR = {
  usernsMode: '',
  cgroupParent: '',
  blkioWeight: 0,
  blkioWeightDevice: [],
  blkioDeviceReadBps: [],
  blkioDeviceWriteBps: [],
  blkioDeviceReadIOps: [],
  blkioDeviceWriteIOps: [],
  cpuRealtimePeriod: 0,
  cpuRealtimeRuntime: 0,
  memorySwappiness: null,
  oomKillDisable: false,
  devices: [],
  deviceCgroupRules: [],
  init: null,
  volumesFrom: [],
  volumeDriver: '',
  links: [],
  runtime: '',
  annotations: {},
  maskedPaths: null,
  readonlyPaths: null,
  logConfig: { type: 'json-file' as const, options: {} },
  containerIdFile: '',
};

function refuseLater(wire: HostConfigWire): void {
  for (const name of LATER) {
    if (isSet(wire[name]))
      throw notImplemented(`HostConfig.${name} is not supported by this version of stratad`);
  }
  const driver = wire.LogConfig?.Type ?? '';
  if (driver !== '' && driver !== 'json-file')
    throw notImplemented(
      `HostConfig.LogConfig.Type ${driver} is not supported by this version of stratad: use json-file`,
    );
  if (Object.keys(wire.LogConfig?.Config ?? {}).length > 0)
    throw notImplemented('HostConfig.LogConfig.Config is not supported by this version of stratad');
}

function isSet(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === 0 || value === '') return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

function toResources(wire: HostConfigWire) {
  return {
    memory: wire.Memory ?? 0,
    memorySwap: wire.MemorySwap ?? 0,
    memoryReservation: wire.MemoryReservation ?? 0,
    nanoCpus: wire.NanoCpus ?? 0,
    cpuShares: wire.CpuShares ?? 0,
    cpuPeriod: wire.CpuPeriod ?? 0,
    cpuQuota: wire.CpuQuota ?? 0,
    cpusetCpus: wire.CpusetCpus ?? '',
    cpusetMems: wire.CpusetMems ?? '',
    pidsLimit: wire.PidsLimit ?? 0,
    shmSize: wire.ShmSize ?? 0,
    oomScoreAdj: wire.OomScoreAdj ?? 0,
    ulimits: (wire.Ulimits ?? []).map(({ Name, Soft, Hard }) => ({ name: Name, soft: Soft, hard: Hard })),
  };
}

function toIsolation(wire: HostConfigWire) {
  return {
    capAdd: wire.CapAdd ?? [],
    capDrop: wire.CapDrop ?? [],
    privileged: wire.Privileged ?? false,
    readonlyRootfs: wire.ReadonlyRootfs ?? false,
    securityOpt: wire.SecurityOpt ?? [],
    groupAdd: wire.GroupAdd ?? [],
    sysctls: wire.Sysctls ?? {},
    pidMode: wire.PidMode ?? '',
    ipcMode: wire.IpcMode ?? '',
    utsMode: wire.UTSMode ?? '',
    cgroupnsMode: wire.CgroupnsMode ?? '',
  };
}

function toSurroundings(wire: HostConfigWire) {
  const { Name, MaximumRetryCount } = wire.RestartPolicy ?? {};
  return {
    binds: wire.Binds ?? [],
    mounts: (wire.Mounts ?? []).map((mount): MountRequest => toMountRequest(mount)),
    tmpfs: wire.Tmpfs ?? {},
    autoRemove: wire.AutoRemove ?? false,
    restartPolicy: { name: Name || ('no' as const), maximumRetryCount: MaximumRetryCount ?? 0 },
    portBindings: toPortBindings(wire.PortBindings ?? {}),
    publishAllPorts: wire.PublishAllPorts ?? false,
    networkMode: wire.NetworkMode ?? '',
    extraHosts: wire.ExtraHosts ?? [],
    dns: wire.Dns ?? [],
    dnsSearch: wire.DnsSearch ?? [],
    dnsOptions: wire.DnsOptions ?? [],
    consoleSize: wire.ConsoleSize ?? ([0, 0] as [number, number]),
  };
}

function toPortBindings(wire: NonNullable<HostConfigWire['PortBindings']>): HostConfig['portBindings'] {
  return Object.fromEntries(
    Object.entries(wire).map(([port, bindings]) => [
      port,
      (bindings ?? [{}]).map(
        ({
          HostIp,
          HostPort,
        }: {
          HostIp?: string | null | undefined;
          HostPort?: string | null | undefined;
        }) => ({
          hostIp: HostIp ?? '',
          hostPort: HostPort ?? '',
        }),
      ),
    ]),
  );
}

/** The whole of `HostConfig`, as inspect echoes it. */
export function fromHostConfig(host: HostConfig): Record<string, unknown> {
  return {
    Binds: host.binds.length > 0 ? host.binds : null,
    ContainerIDFile: '',
    LogConfig: { Type: 'json-file', Config: {} },
    NetworkMode: host.networkMode,
    PortBindings: fromPortBindings(host.portBindings),
    RestartPolicy: { Name: host.restartPolicy.name, MaximumRetryCount: host.restartPolicy.maximumRetryCount },
    AutoRemove: host.autoRemove,
    VolumeDriver: '',
    VolumesFrom: null,
    ConsoleSize: host.consoleSize,
    CapAdd: host.capAdd.length > 0 ? host.capAdd : null,
    CapDrop: host.capDrop.length > 0 ? host.capDrop : null,
    CgroupnsMode: host.cgroupnsMode || 'private',
    Dns: host.dns,
    DnsOptions: host.dnsOptions,
    DnsSearch: host.dnsSearch,
    ExtraHosts: host.extraHosts,
    GroupAdd: host.groupAdd,
    IpcMode: host.ipcMode || 'private',
    Cgroup: '',
    Links: null,
    PidMode: host.pidMode,
    Privileged: host.privileged,
    PublishAllPorts: host.publishAllPorts,
    ReadonlyRootfs: host.readonlyRootfs,
    SecurityOpt: host.securityOpt.length > 0 ? host.securityOpt : null,
    UTSMode: host.utsMode,
    UsernsMode: '',
    ShmSize: host.shmSize || 64 * 1024 * 1024,
    Tmpfs: host.tmpfs,
    Sysctls: host.sysctls,
    Runtime: 'crun',
    Isolation: '',
    ...fromResources(host),
    MaskedPaths: null,
    ReadonlyPaths: null,
  };
}

function fromResources(host: HostConfig): Record<string, unknown> {
  return {
    OomScoreAdj: host.oomScoreAdj,
    CpuShares: host.cpuShares,
    Memory: host.memory,
    NanoCpus: host.nanoCpus,
    CgroupParent: '',
    BlkioWeight: 0,
    CpuPeriod: host.cpuPeriod,
    CpuQuota: host.cpuQuota,
    CpusetCpus: host.cpusetCpus,
    CpusetMems: host.cpusetMems,
    Devices: [],
    DeviceCgroupRules: null,
    DeviceRequests: null,
    MemoryReservation: host.memoryReservation,
    MemorySwap: host.memorySwap,
    MemorySwappiness: null,
    OomKillDisable: false,
    PidsLimit: host.pidsLimit === 0 ? null : host.pidsLimit,
    Ulimits: host.ulimits.map(({ name, soft, hard }) => ({ Name: name, Soft: soft, Hard: hard })),
    Init: null,
  };
}

function fromPortBindings(bindings: HostConfig['portBindings']): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(bindings).map(([port, hosts]) => [
      port,
      hosts.map(({ hostIp, hostPort }) => ({ HostIp: hostIp, HostPort: hostPort })),
    ]),
  );
}
