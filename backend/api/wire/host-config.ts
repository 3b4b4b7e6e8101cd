import { isIP } from 'node:net';
import { z } from 'zod';
import { invalidArgument } from '../../base/errors.ts';
import type { HostConfig } from '../../engine/containers/container.ts';
import { byName, flag, list, orNull, strings, text } from './fields.ts';
import { deviceFields, fromDevices, toDevices } from './host-devices.ts';
import { fromIsolation, isolationFields, toIsolation } from './host-isolation.ts';
import { fromResources, resourceFields, toResources } from './host-resources.ts';
import { fromLogConfig, logConfigWire, toLogConfig } from './log-config.ts';
import { fromMountRequest, mountSchema, toMountRequest } from './mount-config.ts';
import { fromPortBindings, portBindingsWire, toPortBindings } from './port-bindings.ts';
import { restartPolicyWire, toRestartPolicy } from './restart-policy.ts';

const extraHost = z.string().superRefine((entry, check) => {
  const [, name = '', value = ''] = /^([^:=]+)[:=](.+)$/.exec(entry) ?? [];
  const address = value.replace(/^\[(.*)\]$/, '$1');
  if (name === '') check.addIssue(`bad format for add-host: ${JSON.stringify(entry)}`);
  else if (address !== 'host-gateway' && isIP(address) === 0)
    check.addIssue(`invalid IP address in add-host: ${JSON.stringify(value)}`);
});
const resolver = z.string().refine((address) => isIP(address.split('%')[0] ?? '') !== 0, {
  error: ({ input }) => `bad nameserver address: ${String(input)}`,
});

/** `HostConfig` of POST /containers/create. Fields that Docker does not know are not looked at. */
export const hostConfigWire = z.looseObject({
  ...resourceFields,
  ...deviceFields,
  ...isolationFields,
  Binds: strings,
  Mounts: list(mountSchema),
  Tmpfs: byName,
  VolumesFrom: strings,
  VolumeDriver: text,
  AutoRemove: flag,
  RestartPolicy: restartPolicyWire.nullish(),
  PortBindings: portBindingsWire,
  PublishAllPorts: flag,
  NetworkMode: text,
  ExtraHosts: list(extraHost),
  Dns: list(resolver),
  DnsSearch: strings,
  DnsOptions: strings,
  Links: strings,
  ConsoleSize: z.tuple([z.int().nonnegative(), z.int().nonnegative()]).nullish(),
  LogConfig: logConfigWire.nullish(),
  Annotations: z
    .record(z.string().min(1, 'the empty string is not permitted as an annotation key'), z.string())
    .nullish(),
  StorageOpt: byName,
  ContainerIDFile: text,
});
type HostConfigWire = z.infer<typeof hostConfigWire>;

/** @throws invalid-argument in Docker's words for what the fields together do not allow */
export function toHostConfig(wire: HostConfigWire): HostConfig {
  if (Object.keys(wire.StorageOpt ?? {}).length > 0) {
    throw invalidArgument("--storage-opt is supported only for overlay over xfs with 'pquota' mount option");
  }
  return {
    ...toResources(wire),
    ...toDevices(wire),
    ...toIsolation(wire),
    ...toStorage(wire),
    ...toSurroundings(wire),
  };
}

function toStorage(wire: HostConfigWire) {
  return {
    binds: wire.Binds ?? [],
    mounts: (wire.Mounts ?? []).map(toMountRequest),
    tmpfs: wire.Tmpfs ?? {},
    volumesFrom: wire.VolumesFrom ?? [],
    volumeDriver: wire.VolumeDriver ?? '',
  };
}

function toSurroundings(wire: HostConfigWire) {
  return {
    autoRemove: wire.AutoRemove ?? false,
    restartPolicy: toRestartPolicy(wire.RestartPolicy),
    portBindings: toPortBindings(wire.PortBindings),
    publishAllPorts: wire.PublishAllPorts ?? false,
    networkMode: wire.NetworkMode ?? '',
    extraHosts: wire.ExtraHosts ?? [],
    dns: wire.Dns ?? [],
    dnsSearch: wire.DnsSearch ?? [],
    dnsOptions: wire.DnsOptions ?? [],
    links: wire.Links ?? [],
    consoleSize: wire.ConsoleSize ?? ([0, 0] as [number, number]),
    logConfig: toLogConfig(wire.LogConfig),
    annotations: wire.Annotations ?? {},
    containerIdFile: wire.ContainerIDFile ?? '',
  };
}

/** The whole of `HostConfig`, as inspect echoes it. */
export function fromHostConfig(host: HostConfig): Record<string, unknown> {
  const { name, maximumRetryCount } = host.restartPolicy;
  return {
    Binds: orNull(host.binds),
    ContainerIDFile: host.containerIdFile,
    LogConfig: fromLogConfig(host.logConfig),
    NetworkMode: host.networkMode,
    PortBindings: fromPortBindings(host.portBindings),
    RestartPolicy: { Name: name, MaximumRetryCount: maximumRetryCount },
    AutoRemove: host.autoRemove,
    VolumeDriver: host.volumeDriver,
    VolumesFrom: orNull(host.volumesFrom),
    ConsoleSize: host.consoleSize,
    ...(Object.keys(host.annotations).length > 0 ? { Annotations: host.annotations } : {}),
    Dns: host.dns,
    DnsOptions: host.dnsOptions,
    DnsSearch: host.dnsSearch,
    ExtraHosts: orNull(host.extraHosts),
    Links: orNull(host.links),
    PublishAllPorts: host.publishAllPorts,
    ...(host.mounts.length > 0 ? { Mounts: host.mounts.map(fromMountRequest) } : {}),
    ...(Object.keys(host.tmpfs).length > 0 ? { Tmpfs: host.tmpfs } : {}),
    ...fromIsolation(host),
    ...fromResources(host),
    ...fromDevices(host),
  };
}
