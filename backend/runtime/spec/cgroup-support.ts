import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Which limits the kernel offers here; the others are dropped with a warning, as Docker does. */
export interface CgroupSupport {
  memory: boolean;
  swap: boolean;
  swappiness: boolean;
  reservation: boolean;
  oomKillDisable: boolean;
  pids: boolean;
  cpuShares: boolean;
  cpuQuota: boolean;
  cpuRealtime: boolean;
  cpuset: boolean;
  /** Ranges such as `0-3`; empty where there is no cpuset controller. */
  cpus: string;
  mems: string;
  blkioWeight: boolean;
  blkioWeightDevice: boolean;
  blkioReadBps: boolean;
  blkioWriteBps: boolean;
  blkioReadIops: boolean;
  blkioWriteIops: boolean;
}

/** @param root where cgroups are mounted */
export function readCgroupSupport(root = '/sys/fs/cgroup'): CgroupSupport {
  return existsSync(join(root, 'cgroup.controllers')) ? unifiedSupport(root) : legacySupport(root);
}

function legacySupport(root: string): CgroupSupport {
  const has = (file: string): boolean => existsSync(join(root, file));
  return {
    memory: has('memory/memory.limit_in_bytes'),
    swap: has('memory/memory.memsw.limit_in_bytes'),
    swappiness: has('memory/memory.swappiness'),
    reservation: has('memory/memory.soft_limit_in_bytes'),
    oomKillDisable: has('memory/memory.oom_control'),
    pids: has('pids/cgroup.procs'),
    cpuShares: has('cpu/cpu.shares'),
    cpuQuota: has('cpu/cpu.cfs_quota_us'),
    cpuRealtime: has('cpu/cpu.rt_period_us') && has('cpu/cpu.rt_runtime_us'),
    cpuset: has('cpuset/cpuset.cpus'),
    cpus: readLine(join(root, 'cpuset/cpuset.cpus')),
    mems: readLine(join(root, 'cpuset/cpuset.mems')),
    blkioWeight: has('blkio/blkio.weight') || has('blkio/blkio.bfq.weight'),
    blkioWeightDevice: has('blkio/blkio.weight_device') || has('blkio/blkio.bfq.weight_device'),
    blkioReadBps: has('blkio/blkio.throttle.read_bps_device'),
    blkioWriteBps: has('blkio/blkio.throttle.write_bps_device'),
    blkioReadIops: has('blkio/blkio.throttle.read_iops_device'),
    blkioWriteIops: has('blkio/blkio.throttle.write_iops_device'),
  };
}

/** The limits of a group are not offered by the root: they are looked for in the first group below it. */
function unifiedSupport(root: string): CgroupSupport {
  const controllers = readLine(join(root, 'cgroup.controllers')).split(' ');
  const group = readdirSync(root, { withFileTypes: true }).find((entry) => entry.isDirectory())?.name ?? '';
  const memory = controllers.includes('memory');
  const cpu = controllers.includes('cpu');
  const io = controllers.includes('io');
  const weight = io && ['io.weight', 'io.bfq.weight'].some((file) => existsSync(join(root, group, file)));
  return {
    memory,
    swap: memory && existsSync(join(root, group, 'memory.swap.max')),
    swappiness: false,
    reservation: memory,
    oomKillDisable: false,
    pids: controllers.includes('pids'),
    cpuShares: cpu,
    cpuQuota: cpu,
    cpuRealtime: false,
    cpuset: controllers.includes('cpuset'),
    cpus: readLine(join(root, 'cpuset.cpus.effective')),
    mems: readLine(join(root, 'cpuset.mems.effective')),
    blkioWeight: weight,
    blkioWeightDevice: weight,
    blkioReadBps: io,
    blkioWriteBps: io,
    blkioReadIops: io,
    blkioWriteIops: io,
  };
}

function readLine(path: string): string {
  try {
    return readFileSync(path, 'latin1').trim();
  } catch {
    return '';
  }
}
