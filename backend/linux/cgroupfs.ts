import { readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '../base/errors.ts';

/** One mounted cgroup hierarchy. `controllers` is empty for v2, whose controllers stand in cgroup.controllers. */
export interface CgroupHierarchy {
  version: 1 | 2;
  mountPoint: string;
  controllers: string[];
}

const V1_CONTROLLERS = new Set([
  'blkio',
  'cpu',
  'cpuacct',
  'cpuset',
  'devices',
  'freezer',
  'hugetlb',
  'memory',
  'misc',
  'net_cls',
  'net_prio',
  'perf_event',
  'pids',
  'rdma',
]);

/** The hierarchies that this process sees, in the order of their mounting. Source: /proc/self/mountinfo. */
export function cgroupHierarchies(
  mountinfo = readFileSync('/proc/self/mountinfo', 'utf8'),
): CgroupHierarchy[] {
  const found: CgroupHierarchy[] = [];
  for (const line of mountinfo.split('\n')) {
    const [mount = '', filesystem = ''] = line.split(' - ');
    const [type, , options = ''] = filesystem.split(' ');
    const mountPoint = mount.split(' ')[4];
    if (!mountPoint || (type !== 'cgroup' && type !== 'cgroup2')) continue;
    // A container's or a chroot's bind of the same hierarchy elsewhere is of no use to us.
    if (!mountPoint.startsWith('/sys/fs/cgroup')) continue;
    const named = options
      .split(',')
      .filter((option) => V1_CONTROLLERS.has(option) || option.startsWith('name='));
    found.push({
      version: type === 'cgroup' ? 1 : 2,
      mountPoint,
      controllers: type === 'cgroup' ? named : [],
    });
  }
  return found;
}

/** Pids of a cgroup directory and of those below it. A directory that is gone has none. */
export function cgroupProcesses(directory: string): number[] {
  try {
    const own = readFileSync(join(directory, 'cgroup.procs'), 'latin1')
      .split('\n')
      .filter(Boolean)
      .map(Number);
    const below = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [...own, ...below.flatMap((entry) => cgroupProcesses(join(directory, entry.name)))];
  } catch (error) {
    // ENODEV: the directory went away between opening and reading.
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENODEV')) return [];
    throw error;
  }
}

/** The text of a cgroup file without its newline; null where the kernel does not offer it. */
export function readCgroupFile(directory: string, name: string): string | null {
  try {
    return readFileSync(join(directory, name), 'utf8').trimEnd();
  } catch {
    return null;
  }
}

/** A number out of a `key value` file such as memory.events; null where there is none. */
export function readCgroupField(directory: string, name: string, key: string): number | null {
  const line = readCgroupFile(directory, name)
    ?.split('\n')
    .find((text) => text.startsWith(`${key} `));
  return line === undefined ? null : Number(line.slice(key.length + 1));
}

/** Removes a cgroup and those below it, as far as they are empty. */
export function removeCgroup(directory: string): void {
  try {
    const below = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    for (const { name } of below) removeCgroup(join(directory, name));
    rmdirSync(directory);
  } catch {
    // Gone already, or in use.
  }
}

/** Moves a process. @returns false when the kernel refuses, as it does for a process that is gone. */
export function moveToCgroup(directory: string, pid: number): boolean {
  try {
    writeFileSync(join(directory, 'cgroup.procs'), String(pid));
    return true;
  } catch {
    return false;
  }
}
