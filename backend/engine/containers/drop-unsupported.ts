import { invalidArgument } from '../../base/errors.ts';
import type { CgroupSupport } from '../../runtime/spec/cgroup-support.ts';
import type { HostConfig } from './container.ts';

/** A limit that is asked for and not offered here: what is left of the wish, and what to tell the user. */
interface Limit {
  asked: (host: HostConfig) => boolean;
  offered: (support: CgroupSupport) => boolean;
  without: Partial<HostConfig>;
  warning: string;
}

const CGROUP = 'or the cgroup is not mounted.';

/** In Docker's words. */
const LIMITS: readonly Limit[] = [
  {
    asked: ({ memory }) => memory > 0,
    offered: ({ memory }) => memory,
    without: { memory: 0, memorySwap: -1 },
    warning: `Your kernel does not support memory limit capabilities ${CGROUP} Limitation discarded.`,
  },
  {
    asked: ({ memory, memorySwap }) => memory > 0 && memorySwap !== -1,
    offered: ({ swap }) => swap,
    without: { memorySwap: -1 },
    warning: `Your kernel does not support swap limit capabilities ${CGROUP} Memory limited without swap.`,
  },
  {
    asked: ({ memorySwappiness }) => memorySwappiness !== null,
    offered: ({ swappiness }) => swappiness,
    without: { memorySwappiness: null },
    warning: `Your kernel does not support memory swappiness capabilities ${CGROUP} Memory swappiness discarded.`,
  },
  {
    asked: ({ memoryReservation }) => memoryReservation > 0,
    offered: ({ reservation }) => reservation,
    without: { memoryReservation: 0 },
    warning: `Your kernel does not support memory soft limit capabilities ${CGROUP} Limitation discarded.`,
  },
  {
    asked: ({ oomKillDisable }) => oomKillDisable,
    offered: ({ oomKillDisable }) => oomKillDisable,
    without: { oomKillDisable: false },
    warning: 'Your kernel does not support OomKillDisable. OomKillDisable discarded.',
  },
  {
    asked: ({ pidsLimit }) => pidsLimit > 0,
    offered: ({ pids }) => pids,
    without: { pidsLimit: 0 },
    warning: `Your kernel does not support PIDs limit capabilities ${CGROUP} PIDs limit discarded.`,
  },
  {
    asked: ({ cpuShares }) => cpuShares > 0,
    offered: ({ cpuShares }) => cpuShares,
    without: { cpuShares: 0 },
    warning: `Your kernel does not support CPU shares ${CGROUP} Shares discarded.`,
  },
  {
    asked: ({ cpuPeriod, cpuQuota }) => cpuPeriod !== 0 || cpuQuota !== 0,
    offered: ({ cpuQuota }) => cpuQuota,
    without: { cpuPeriod: 0, cpuQuota: 0 },
    warning: 'Your kernel does not support CPU CFS scheduler. CPU period/quota discarded.',
  },
  {
    asked: ({ cpusetCpus, cpusetMems }) => cpusetCpus !== '' || cpusetMems !== '',
    offered: ({ cpuset }) => cpuset,
    without: { cpusetCpus: '', cpusetMems: '' },
    warning: `Your kernel does not support cpuset ${CGROUP} Cpuset discarded.`,
  },
  {
    asked: ({ blkioWeight }) => blkioWeight > 0,
    offered: ({ blkioWeight }) => blkioWeight,
    without: { blkioWeight: 0 },
    warning: `Your kernel does not support Block I/O weight ${CGROUP} Weight discarded.`,
  },
  {
    asked: ({ blkioWeightDevice }) => blkioWeightDevice.length > 0,
    offered: ({ blkioWeightDevice }) => blkioWeightDevice,
    without: { blkioWeightDevice: [] },
    warning: `Your kernel does not support Block I/O weight_device ${CGROUP} Weight-device discarded.`,
  },
  {
    asked: ({ blkioDeviceReadBps }) => blkioDeviceReadBps.length > 0,
    offered: ({ blkioReadBps }) => blkioReadBps,
    without: { blkioDeviceReadBps: [] },
    warning: `Your kernel does not support BPS Block I/O read limit ${CGROUP} Block I/O BPS read limit discarded.`,
  },
  {
    asked: ({ blkioDeviceWriteBps }) => blkioDeviceWriteBps.length > 0,
    offered: ({ blkioWriteBps }) => blkioWriteBps,
    without: { blkioDeviceWriteBps: [] },
    warning: `Your kernel does not support BPS Block I/O write limit ${CGROUP} Block I/O BPS write limit discarded.`,
  },
  {
    asked: ({ blkioDeviceReadIOps }) => blkioDeviceReadIOps.length > 0,
    offered: ({ blkioReadIops }) => blkioReadIops,
    without: { blkioDeviceReadIOps: [] },
    warning: `Your kernel does not support IOPS Block read limit ${CGROUP} Block I/O IOPS read limit discarded.`,
  },
  {
    asked: ({ blkioDeviceWriteIOps }) => blkioDeviceWriteIOps.length > 0,
    offered: ({ blkioWriteIops }) => blkioWriteIops,
    without: { blkioDeviceWriteIOps: [] },
    warning: `Your kernel does not support IOPS Block write limit ${CGROUP} Block I/O IOPS write limit discarded.`,
  },
];

/**
 * Limits that this kernel does not offer are dropped with a warning, as Docker does: the container runs without them.
 * @throws invalid-argument where there would be no limit at all instead of the asked one
 */
export function dropUnsupported(
  asked: HostConfig,
  support: CgroupSupport,
): { hostConfig: HostConfig; warnings: string[] } {
  if (asked.nanoCpus > 0 && !support.cpuQuota) {
    throw invalidArgument(
      'NanoCPUs can not be set, as your kernel does not support CPU CFS scheduler or the cgroup is not mounted',
    );
  }
  if (asked.cpuRealtimePeriod + asked.cpuRealtimeRuntime > 0 && !support.cpuRealtime)
    throw invalidArgument('Your kernel does not support CPU real-time scheduler');
  let hostConfig = asked;
  const warnings: string[] = [];
  for (const { asked: isAsked, offered, without, warning } of LIMITS) {
    if (!isAsked(hostConfig) || offered(support)) continue;
    hostConfig = { ...hostConfig, ...without };
    warnings.push(warning);
  }
  return { hostConfig, warnings };
}
