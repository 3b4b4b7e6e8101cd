import { join } from 'node:path';
import { cgroupProcesses, readCgroupField, removeCgroup, type CgroupHierarchy } from '../linux/cgroupfs.ts';
import type { ContainerCgroups } from './prepare-cgroups.ts';

/** Where one controller of a container's cgroup lies: its directory under /sys/fs/cgroup. */
export interface CgroupPlace {
  version: 1 | 2;
  controllers: string[];
  directory: string;
}

/** The container's cgroup in every hierarchy that it is in: one for v2, one per hierarchy for v1. */
export function cgroupOf(cgroups: ContainerCgroups, id: string): CgroupPlace[] {
  return cgroups.hierarchies.map(({ version, controllers, mountPoint }) => ({
    version,
    controllers,
    directory: join(mountPoint, cgroups.pathOf(id)),
  }));
}

/**
 * Removes what the runtime left of the container's cgroup: crun leaves it behind when a creation fails, and does not know
 * those that the container itself made in it. Only empty ones go; the kernel refuses the others.
 */
export function removeCgroups(cgroups: ContainerCgroups, id: string): void {
  for (const { directory } of cgroupOf(cgroups, id)) removeCgroup(directory);
}

/** Pids of the container, host view. */
export function containerProcesses(cgroups: ContainerCgroups, id: string): number[] {
  return cgroupProcesses(join(placeWith(cgroups, 'pids').mountPoint, cgroups.pathOf(id)));
}

/** Whether the kernel has killed a process of this container for want of memory: its own count, not a guess. */
export function wasOomKilled(cgroups: ContainerCgroups, id: string): boolean {
  const directory = join(placeWith(cgroups, 'memory').mountPoint, cgroups.pathOf(id));
  const file = cgroups.mode === 'v2' ? 'memory.events' : 'memory.oom_control';
  return (readCgroupField(directory, file, 'oom_kill') ?? 0) > 0;
}

function placeWith(cgroups: ContainerCgroups, controller: string): CgroupHierarchy {
  const found = cgroups.hierarchies.find(({ controllers }) => controllers.includes(controller));
  const [first] = cgroups.hierarchies;
  if (!first) throw new Error('no cgroup hierarchy');
  return found ?? first;
}
