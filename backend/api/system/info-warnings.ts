import type { HostInfo } from '../../engine/system/host-info.ts';

/** What does not work on this machine, in the words that `docker info` prints beneath everything else. */
export function infoWarnings({ cgroups, cgroupVersion, forwarding }: HostInfo): string[] {
  const lacking: [there: boolean, words: string][] = [
    [cgroups.memory, 'WARNING: No memory limit support'],
    [cgroups.swap, 'WARNING: No swap limit support'],
    [cgroups.oomKillDisable || cgroupVersion === '2', 'WARNING: No oom kill disable support'],
    [cgroups.cpuQuota, 'WARNING: No cpu cfs quota support'],
    [cgroups.cpuQuota, 'WARNING: No cpu cfs period support'],
    [cgroups.cpuShares, 'WARNING: No cpu shares support'],
    [cgroups.cpuset, 'WARNING: No cpuset support'],
    [cgroups.blkioReadBps, 'WARNING: No blkio throttle.read_bps_device support'],
    [cgroups.blkioWriteBps, 'WARNING: No blkio throttle.write_bps_device support'],
    [cgroups.blkioReadIops, 'WARNING: No blkio throttle.read_iops_device support'],
    [cgroups.blkioWriteIops, 'WARNING: No blkio throttle.write_iops_device support'],
    [forwarding, 'WARNING: IPv4 forwarding is disabled'],
  ];
  return lacking.filter(([there]) => !there).map(([, words]) => words);
}
