import { z } from 'zod';
import type { HostConfig } from '../../engine/containers/container.ts';
import { flag, list, text, whole } from './fields.ts';

const MIN_MEMORY = 6 * 1024 * 1024;
const memory = z
  .int()
  .refine((bytes) => bytes === 0 || bytes >= MIN_MEMORY, 'Minimum memory limit allowed is 6MB');
const reservation = z
  .int()
  .refine((bytes) => bytes <= 0 || bytes >= MIN_MEMORY, 'Minimum memory reservation allowed is 6MB');
const PERIOD = 'CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)';
const period = z.int().refine((span) => span === 0 || (span >= 1000 && span <= 1_000_000), PERIOD);
const quota = z
  .int()
  .refine((span) => span <= 0 || span >= 1000, 'CPU cfs quota can not be less than 1ms (i.e. 1000)');
const weight = z
  .int()
  .refine(
    (value) => value === 0 || (value >= 10 && value <= 1000),
    'Range of blkio weight is from 10 to 1000',
  );
// The docker CLI sends -1 for "nothing asked for".
const swappiness = z
  .int()
  .min(-1, 'valid memory swappiness range is 0-100')
  .max(100, 'valid memory swappiness range is 0-100');
const rates = list(z.object({ Path: z.string().min(1), Rate: z.int().nonnegative() }));
const ulimit = z
  .object({ Name: z.string().min(1, 'a ulimit needs a name'), Soft: z.int(), Hard: z.int() })
  .refine(
    ({ Soft, Hard }) => Hard < 0 || (Soft >= 0 && Soft <= Hard),
    'ulimit soft limit must be less than or equal to hard limit',
  );

/** `HostConfig` of a creation and the body of POST /containers/{id}/update have these in common. */
export const resourceFields = {
  Memory: memory.nullish(),
  MemorySwap: z.int().min(-1, 'must be -1 for unlimited swap, or a number of bytes').nullish(),
  MemoryReservation: reservation.nullish(),
  MemorySwappiness: swappiness.nullish(),
  OomKillDisable: flag,
  NanoCpus: z.int().nonnegative().nullish(),
  CpuShares: z.int().nonnegative('shares: invalid argument').nullish(),
  CpuPeriod: period.nullish(),
  CpuQuota: quota.nullish(),
  CpuRealtimePeriod: z.int().nonnegative().nullish(),
  CpuRealtimeRuntime: z.int().nonnegative().nullish(),
  CpusetCpus: text,
  CpusetMems: text,
  PidsLimit: whole,
  BlkioWeight: weight.nullish(),
  BlkioWeightDevice: list(z.object({ Path: z.string().min(1), Weight: weight })),
  BlkioDeviceReadBps: rates,
  BlkioDeviceWriteBps: rates,
  BlkioDeviceReadIOps: rates,
  BlkioDeviceWriteIOps: rates,
  Ulimits: list(ulimit),
  CgroupParent: text,
  // Of Windows: Docker refuses the last two on Linux.
  CpuCount: whole,
  CpuPercent: whole,
  IOMaximumIOps: z.literal(0, 'linux does not support Maximum IO IOps').nullish(),
  IOMaximumBandwidth: z.literal(0, 'linux does not support Maximum IO Bandwidth').nullish(),
};
const resourcesWire = z.object(resourceFields);
type ResourcesWire = z.infer<typeof resourcesWire>;

export function toResources(wire: ResourcesWire) {
  const swappiness = wire.MemorySwappiness ?? -1;
  const pidsLimit = wire.PidsLimit ?? 0;
  return {
    memory: wire.Memory ?? 0,
    memorySwap: wire.MemorySwap ?? 0,
    memoryReservation: wire.MemoryReservation ?? 0,
    memorySwappiness: swappiness === -1 ? null : swappiness,
    oomKillDisable: wire.OomKillDisable ?? false,
    nanoCpus: wire.NanoCpus ?? 0,
    cpuShares: wire.CpuShares ?? 0,
    cpuPeriod: wire.CpuPeriod ?? 0,
    cpuQuota: wire.CpuQuota ?? 0,
    cpuRealtimePeriod: wire.CpuRealtimePeriod ?? 0,
    cpuRealtimeRuntime: wire.CpuRealtimeRuntime ?? 0,
    cpusetCpus: wire.CpusetCpus ?? '',
    cpusetMems: wire.CpusetMems ?? '',
    // Docker takes every number below one for "unlimited".
    pidsLimit: Math.max(0, pidsLimit),
    ...toBlockIo(wire),
    ulimits: (wire.Ulimits ?? []).map(({ Name, Soft, Hard }) => ({ name: Name, soft: Soft, hard: Hard })),
    cgroupParent: wire.CgroupParent ?? '',
  } satisfies Partial<HostConfig>;
}

function toBlockIo(wire: ResourcesWire) {
  const toRates = (rates: ResourcesWire['BlkioDeviceReadBps']) =>
    (rates ?? []).map(({ Path, Rate }) => ({ path: Path, rate: Rate }));
  return {
    blkioWeight: wire.BlkioWeight ?? 0,
    blkioWeightDevice: (wire.BlkioWeightDevice ?? []).map(({ Path, Weight }) => ({
      path: Path,
      weight: Weight,
    })),
    blkioDeviceReadBps: toRates(wire.BlkioDeviceReadBps),
    blkioDeviceWriteBps: toRates(wire.BlkioDeviceWriteBps),
    blkioDeviceReadIOps: toRates(wire.BlkioDeviceReadIOps),
    blkioDeviceWriteIOps: toRates(wire.BlkioDeviceWriteIOps),
  };
}

/** As inspect echoes them. */
export function fromResources(host: HostConfig): Record<string, unknown> {
  return {
    CpuShares: host.cpuShares,
    Memory: host.memory,
    NanoCpus: host.nanoCpus,
    CgroupParent: host.cgroupParent,
    ...fromBlockIo(host),
    CpuPeriod: host.cpuPeriod,
    CpuQuota: host.cpuQuota,
    CpuRealtimePeriod: host.cpuRealtimePeriod,
    CpuRealtimeRuntime: host.cpuRealtimeRuntime,
    CpusetCpus: host.cpusetCpus,
    CpusetMems: host.cpusetMems,
    MemoryReservation: host.memoryReservation,
    MemorySwap: host.memorySwap,
    MemorySwappiness: host.memorySwappiness,
    OomKillDisable: host.oomKillDisable,
    PidsLimit: host.pidsLimit === 0 ? null : host.pidsLimit,
    Ulimits: host.ulimits.map(({ name, soft, hard }) => ({ Name: name, Hard: hard, Soft: soft })),
    CpuCount: 0,
    CpuPercent: 0,
    IOMaximumIOps: 0,
    IOMaximumBandwidth: 0,
  };
}

function fromBlockIo(host: HostConfig): Record<string, unknown> {
  const fromRates = (rates: HostConfig['blkioDeviceReadBps']) =>
    rates.map(({ path, rate }) => ({ Path: path, Rate: rate }));
  return {
    BlkioWeight: host.blkioWeight,
    BlkioWeightDevice: host.blkioWeightDevice.map(({ path, weight }) => ({ Path: path, Weight: weight })),
    BlkioDeviceReadBps: fromRates(host.blkioDeviceReadBps),
    BlkioDeviceWriteBps: fromRates(host.blkioDeviceWriteBps),
    BlkioDeviceReadIOps: fromRates(host.blkioDeviceReadIOps),
    BlkioDeviceWriteIOps: fromRates(host.blkioDeviceWriteIOps),
  };
}
