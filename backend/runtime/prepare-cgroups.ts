import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, unavailable } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { cgroupHierarchies, moveToCgroup, readCgroupFile, type CgroupHierarchy } from '../linux/cgroupfs.ts';
import { mount } from '../linux/mount.ts';

/** The cgroups of this host: pure v2, or v1 hierarchies (perhaps with an empty v2 one beside them). */
export interface HostCgroups {
  mode: 'v2' | 'v1';
  /** Where containers live: the v2 hierarchy alone, or every v1 hierarchy. */
  hierarchies: CgroupHierarchy[];
  /** Absolute cgroup path under which containers and monitors get their own, such as `/strata`. */
  parent: string;
}

/** With where each container is: it may have been given another parent. */
export interface ContainerCgroups extends HostCgroups {
  /** Absolute path of the container's cgroup in every hierarchy. */
  pathOf(id: string): string;
}

/**
 * Finds out how cgroups are mounted and repairs what would stop the runtime:
 * hosts with v1 hierarchies whose v2 hierarchy still holds controllers make crun refuse with
 * "cgroups in hybrid mode not supported"; each such controller is moved by mounting a v1 hierarchy for it.
 * @throws unavailable, saying what to do, where that cannot be done.
 */
export function prepareCgroups(parent: string, logger: Logger): HostCgroups {
  const hierarchies = cgroupHierarchies();
  const unified = hierarchies.find(({ version }) => version === 2);
  const legacy = hierarchies.filter(({ version }) => version === 1);
  if (unified?.mountPoint === '/sys/fs/cgroup') return { mode: 'v2', hierarchies: [unified], parent };
  if (legacy.length === 0) {
    throw unavailable('no cgroups are mounted on /sys/fs/cgroup: mount -t cgroup2 none /sys/fs/cgroup');
  }
  if (unified) emptyUnified(unified, logger);
  return { mode: 'v1', hierarchies: cgroupHierarchies().filter(({ version }) => version === 1), parent };
}

function emptyUnified(unified: CgroupHierarchy, logger: Logger): void {
  const held = readCgroupFile(unified.mountPoint, 'cgroup.controllers')?.split(' ').filter(Boolean) ?? [];
  for (const controller of held) {
    const target = `/sys/fs/cgroup/${controller}`;
    try {
      if (!existsSync(target)) mkdirSync(target);
      mount({ source: 'cgroup', target, type: 'cgroup', data: controller });
      logger.info({ controller, target }, 'moved a cgroup controller out of the hybrid v2 hierarchy');
    } catch (error) {
      // Another daemon may have been faster: what counts is that the controller is gone from v2.
      if (!stillHolds(unified, controller)) continue;
      throw unavailable(
        `cgroups are in hybrid mode and ${controller} cannot be moved to v1 (${messageOf(error)}): ` +
          `mkdir -p ${target} && mount -t cgroup -o ${controller} cgroup ${target}, or boot with systemd.unified_cgroup_hierarchy=1`,
        error,
      );
    }
  }
}

const stillHolds = (unified: CgroupHierarchy, controller: string): boolean =>
  readCgroupFile(unified.mountPoint, 'cgroup.controllers')?.split(' ').includes(controller) ?? false;

/** The controllers whose limits the monitors must not share with the daemon; the rest of v1 is left alone. */
const MONITOR_CONTROLLERS = ['memory', 'pids', 'cpu', 'freezer', 'name=systemd'];

/**
 * The directories of the monitors' own cgroup, made when missing. A monitor must not live in the daemon's unit:
 * it would be stopped, limited and counted with it.
 * @throws unavailable where a hierarchy is hidden
 */
export function monitorCgroups(cgroups: HostCgroups): string[] {
  const needed = cgroups.hierarchies.filter(
    ({ version, controllers }) =>
      version === 2 || controllers.some((name) => MONITOR_CONTROLLERS.includes(name)),
  );
  const directories = needed.map(({ mountPoint }) => join(mountPoint, cgroups.parent, 'monitor'));
  for (const { mountPoint } of needed) checkSeen(mountPoint);
  for (const directory of directories) mkdirSync(directory, { recursive: true });
  return directories;
}

/** Another mount may lie above it, such as a second /sys. Node would try for ever to make directories in there. */
function checkSeen(mountPoint: string): void {
  if (existsSync(join(mountPoint, 'cgroup.procs'))) return;
  throw unavailable(
    `the cgroup hierarchy mounted on ${mountPoint} cannot be seen: another mount hides it; see findmnt /sys, and unmount what lies above`,
  );
}

/** @returns whether the process is in all of them. */
export function enterCgroups(directories: readonly string[], pid: number): boolean {
  return directories.map((directory) => moveToCgroup(directory, pid)).every(Boolean);
}
