import { readCgroupFile } from '../../linux/cgroupfs.ts';
import { NANOSECONDS_PER_TICK } from '../../linux/host-cpu.ts';
import type { CgroupPlace } from '../cgroup-of.ts';
import { numberIn, numbersIn } from './cgroup-text.ts';
import type { CpuUsage, IoEntry, MemoryUsage, ResourceUsage } from './resource-usage.ts';

/** The counters of a container in cgroup v1: one directory per controller. */
export function usageV1(places: readonly CgroupPlace[]): ResourceUsage {
  const place = (controller: string): string | null =>
    places.find(({ controllers }) => controllers.includes(controller))?.directory ?? null;
  const pids = place('pids');
  return {
    cpu: cpuUsage(place('cpuacct'), place('cpu')),
    memory: memoryUsage(place('memory')),
    io: {
      bytes: ioEntries(place('blkio'), 'io_service_bytes'),
      operations: ioEntries(place('blkio'), 'io_serviced'),
    },
    pids: { current: numberIn(pids, 'pids.current') ?? 0, limit: numberIn(pids, 'pids.max') },
  };
}

function cpuUsage(accounting: string | null, cpu: string | null): CpuUsage {
  const ticks = numbersIn(accounting, 'cpuacct.stat');
  const throttling = numbersIn(cpu, 'cpu.stat');
  const perCpu = accounting === null ? null : readCgroupFile(accounting, 'cpuacct.usage_percpu');
  return {
    total: numberIn(accounting, 'cpuacct.usage') ?? 0,
    user: (ticks['user'] ?? 0) * NANOSECONDS_PER_TICK,
    system: (ticks['system'] ?? 0) * NANOSECONDS_PER_TICK,
    perCpu: perCpu === null ? null : perCpu.split(' ').filter(Boolean).map(Number),
    throttling: {
      periods: throttling['nr_periods'] ?? 0,
      throttledPeriods: throttling['nr_throttled'] ?? 0,
      throttledTime: throttling['throttled_time'] ?? 0,
    },
  };
}

function memoryUsage(directory: string | null): MemoryUsage {
  return {
    usage: numberIn(directory, 'memory.usage_in_bytes') ?? 0,
    highest: numberIn(directory, 'memory.max_usage_in_bytes'),
    limit: numberIn(directory, 'memory.limit_in_bytes'),
    failures: numberIn(directory, 'memory.failcnt') ?? 0,
    stats: numbersIn(directory, 'memory.stat'),
  };
}

/** `MAJOR:MINOR OP VALUE` lines. The throttle layer counts for every scheduler; `_recursive` came later. */
function ioEntries(directory: string | null, what: string): IoEntry[] | null {
  if (directory === null) return null;
  const text =
    readCgroupFile(directory, `blkio.throttle.${what}_recursive`) ??
    readCgroupFile(directory, `blkio.throttle.${what}`);
  if (text === null) return null;
  return [...text.matchAll(/^(\d+):(\d+) (\w+) (\d+)$/gm)].map(
    ([, major = '', minor = '', op = '', value = '']) => ({
      major: Number(major),
      minor: Number(minor),
      op,
      value: Number(value),
    }),
  );
}
