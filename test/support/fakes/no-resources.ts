import type { CgroupSupport } from '../../../backend/runtime/spec/cgroup-support.ts';
import type { ResourceInput } from '../../../backend/runtime/spec/spec-input.ts';

/** Nothing is limited. */
export const NO_RESOURCES: ResourceInput = {
  memory: 0,
  memorySwap: 0,
  memoryReservation: 0,
  memorySwappiness: null,
  oomKillDisable: false,
  nanoCpus: 0,
  cpuShares: 0,
  cpuPeriod: 0,
  cpuQuota: 0,
  cpuRealtimePeriod: 0,
  cpuRealtimeRuntime: 0,
  cpusetCpus: '',
  cpusetMems: '',
  pidsLimit: 0,
  blkioWeight: 0,
  blkioWeightDevice: [],
  blkioDeviceReadBps: [],
  blkioDeviceWriteBps: [],
  blkioDeviceReadIOps: [],
  blkioDeviceWriteIOps: [],
};

/** A kernel that offers every limit, with two processors. */
export const FULL_SUPPORT: CgroupSupport = {
  memory: true,
  swap: true,
  swappiness: true,
  reservation: true,
  oomKillDisable: true,
  pids: true,
  cpuShares: true,
  cpuQuota: true,
  cpuRealtime: true,
  cpuset: true,
  cpus: '0-1',
  mems: '0',
  blkioWeight: true,
  blkioWeightDevice: true,
  blkioReadBps: true,
  blkioWriteBps: true,
  blkioReadIops: true,
  blkioWriteIops: true,
};
