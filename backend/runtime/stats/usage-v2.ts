import { readCgroupFile } from '../../linux/cgroupfs.ts';
import { numberIn, numbersIn } from './cgroup-text.ts';
import type { CpuUsage, IoEntry, MemoryUsage, ResourceUsage } from './resource-usage.ts';

/** The counters of a container in cgroup v2. */
export function usageV2(directory: string): ResourceUsage {
  return {
    cpu: cpuUsage(numbersIn(directory, 'cpu.stat')),
    memory: memoryUsage(directory),
    io: {
      bytes: ioEntries(directory, { read: 'rbytes', write: 'wbytes' }),
      // Docker leaves these out with v2; they are there, so they are told.
      operations: ioEntries(directory, { read: 'rios', write: 'wios' }),
    },
    pids: { current: numberIn(directory, 'pids.current') ?? 0, limit: numberIn(directory, 'pids.max') },
  };
}

const NANOSECONDS_PER_MICROSECOND = 1000;

function cpuUsage(stat: Record<string, number>): CpuUsage {
  const time = (name: string): number => (stat[name] ?? 0) * NANOSECONDS_PER_MICROSECOND;
  return {
    total: time('usage_usec'),
    user: time('user_usec'),
    system: time('system_usec'),
    perCpu: null,
    throttling: {
      periods: stat['nr_periods'] ?? 0,
      throttledPeriods: stat['nr_throttled'] ?? 0,
      throttledTime: time('throttled_usec'),
    },
  };
}

function memoryUsage(directory: string): MemoryUsage {
  return {
    usage: numberIn(directory, 'memory.current') ?? 0,
    highest: null,
    limit: numberIn(directory, 'memory.max'),
    failures: numbersIn(directory, 'memory.events')['oom'] ?? 0,
    stats: numbersIn(directory, 'memory.stat'),
  };
}

/** `MAJOR:MINOR rbytes=… wbytes=… rios=… wios=… …` lines of io.stat; a device without traffic has none, and is left out. */
function ioEntries(directory: string, keys: Readonly<Record<string, string>>): IoEntry[] | null {
  const text = readCgroupFile(directory, 'io.stat');
  if (text === null) return null;
  return text.split('\n').flatMap((line) => {
    const [, major, minor, rest = ''] = /^(\d+):(\d+) (.*=.*)$/.exec(line) ?? [];
    if (major === undefined) return [];
    const pairs = new Map(rest.split(' ').map((pair) => pair.split('=', 2) as [string, string]));
    return Object.entries(keys).map(([op, key]) => ({
      major: Number(major),
      minor: Number(minor),
      op,
      value: Number(pairs.get(key) ?? 0),
    }));
  });
}
