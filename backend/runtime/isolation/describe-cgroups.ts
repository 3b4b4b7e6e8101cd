import { join } from 'node:path';
import {
  cgroupHierarchies,
  readCgroupField,
  readCgroupFile,
  type CgroupHierarchy,
} from '../../linux/cgroupfs.ts';

/** A process' place in one hierarchy. Numbers are bytes, microseconds or counts; a limit of null is none; `shares` is a weight (1…10000) on v2. */
export interface CgroupDescription {
  version: 1 | 2;
  controllers: string[];
  /** Inside the hierarchy, such as `/strata/<id>`. */
  path: string;
  directory: string;
  memory?: { limit: number | null; swapLimit: number | null; usage: number; oomKills: number };
  cpu?: {
    quota: number | null;
    period: number;
    shares: number | null;
    usage: number | null;
    throttled: number | null;
  };
  pids?: { limit: number | null; usage: number };
  cpuset?: { cpus: string };
}

/** From /proc/<pid>/cgroup (`id:controllers:path` per line) and the files of each cgroup. */
export function describeCgroups(text: string): CgroupDescription[] {
  const hierarchies = cgroupHierarchies();
  return text.split('\n').flatMap((line) => {
    const [, names = '', path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (path === '') return [];
    const hierarchy = hierarchies.find((candidate) => isNamed(candidate, names.split(',')));
    return hierarchy ? [describe(hierarchy, path)] : [];
  });
}

const isNamed = ({ version, controllers }: CgroupHierarchy, names: string[]): boolean =>
  names[0] === '' ? version === 2 : controllers.some((name) => names.includes(name));

function describe({ version, controllers, mountPoint }: CgroupHierarchy, path: string): CgroupDescription {
  const directory = join(mountPoint, path);
  if (version === 2) {
    const enabled = readCgroupFile(directory, 'cgroup.controllers')?.split(' ').filter(Boolean) ?? [];
    return { version, controllers: enabled, path, directory, ...unified(directory, enabled) };
  }
  return { version, controllers, path, directory, ...legacy(directory, controllers) };
}

type Values = Pick<CgroupDescription, 'memory' | 'cpu' | 'pids' | 'cpuset'>;

function unified(directory: string, controllers: readonly string[]): Values {
  const [quota = 'max', period = '100000'] = readCgroupFile(directory, 'cpu.max')?.split(' ') ?? [];
  const memory = readCgroupFile(directory, 'memory.current');
  const cpus = readCgroupFile(directory, 'cpuset.cpus.effective');
  return {
    ...(memory === null
      ? {}
      : {
          memory: {
            limit: numberOf(directory, 'memory.max'),
            swapLimit: numberOf(directory, 'memory.swap.max'),
            usage: Number(memory),
            oomKills: readCgroupField(directory, 'memory.events', 'oom_kill') ?? 0,
          },
        }),
    ...(controllers.includes('cpu')
      ? {
          cpu: {
            quota: quota === 'max' ? null : Number(quota),
            period: Number(period),
            shares: numberOf(directory, 'cpu.weight'),
            usage: readCgroupField(directory, 'cpu.stat', 'usage_usec'),
            throttled: readCgroupField(directory, 'cpu.stat', 'throttled_usec'),
          },
        }
      : {}),
    ...pids(directory),
    ...(cpus === null ? {} : { cpuset: { cpus } }),
  };
}

function legacy(directory: string, controllers: readonly string[]): Values {
  const quota = numberOf(directory, 'cpu.cfs_quota_us');
  const throttled = readCgroupField(directory, 'cpu.stat', 'throttled_time');
  return {
    ...(controllers.includes('memory')
      ? {
          memory: {
            limit: numberOf(directory, 'memory.limit_in_bytes'),
            swapLimit: numberOf(directory, 'memory.memsw.limit_in_bytes'),
            usage: numberOf(directory, 'memory.usage_in_bytes') ?? 0,
            oomKills: readCgroupField(directory, 'memory.oom_control', 'oom_kill') ?? 0,
          },
        }
      : {}),
    ...(controllers.includes('cpu')
      ? {
          cpu: {
            quota: quota !== null && quota > 0 ? quota : null,
            period: numberOf(directory, 'cpu.cfs_period_us') ?? 100_000,
            shares: numberOf(directory, 'cpu.shares'),
            // Of the cpuacct controller, which lies elsewhere when it is mounted by itself.
            usage: null,
            throttled: throttled === null ? null : Math.round(throttled / 1000),
          },
        }
      : {}),
    ...(controllers.includes('pids') ? pids(directory) : {}),
    ...(controllers.includes('cpuset')
      ? { cpuset: { cpus: readCgroupFile(directory, 'cpuset.cpus') ?? '' } }
      : {}),
  };
}

function pids(directory: string): Pick<Values, 'pids'> {
  const usage = numberOf(directory, 'pids.current');
  return usage === null ? {} : { pids: { limit: numberOf(directory, 'pids.max'), usage } };
}

/** v1 writes "no limit" as the largest multiple of a page that 63 bits hold. */
const UNLIMITED = 2 ** 62;

function numberOf(directory: string, name: string): number | null {
  const text = readCgroupFile(directory, name);
  if (text === null || text === '' || text === 'max') return null;
  const value = Number(text);
  return value >= UNLIMITED ? null : value;
}
