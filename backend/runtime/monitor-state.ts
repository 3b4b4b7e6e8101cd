import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { startTimeOf, isZombie } from '../linux/proc-stat.ts';
import type { BundlePaths } from './conmon/bundle-paths.ts';
import type { MonitoredContainer, ProcessIdentity } from './runtime.ts';

/** A process that is gone, where an identity is asked for. No process has pid 0. */
export const NO_PROCESS: ProcessIdentity = { pid: 0, startTime: 0 };

/**
 * The container's processes by the pid files, each checked against what only the right process can show: conmon's
 * command line names the bundle, init's cgroup names the container. So nothing need be recorded between conmon's
 * start and the daemon's death at any instruction, and pids that were given to others meanwhile are not taken.
 */
export function findProcesses(bundle: BundlePaths, id: string): MonitoredContainer {
  const conmon = identify(bundle.monitorPid, (pid) =>
    read(`/proc/${pid}/cmdline`).includes(bundle.directory),
  );
  const init = identify(
    bundle.initPid,
    (pid) => !isZombie(pid) && read(`/proc/${pid}/cgroup`).includes(`/${id}`),
  );
  return { conmon, init };
}

function identify(pidFile: string, isRight: (pid: number) => boolean): ProcessIdentity {
  const pid = Number.parseInt(read(pidFile), 10);
  if (!(pid > 0)) return NO_PROCESS;
  const startTime = startTimeOf(pid);
  return startTime !== null && isRight(pid) ? { pid, startTime } : NO_PROCESS;
}

/** What conmon wrote at the end: the exit code and when. Null while it has not. */
export function readExit(bundle: BundlePaths, id: string): { code: number; finishedAt: Date } | null {
  const file = join(bundle.exitDirectory, id);
  const code = Number.parseInt(read(file), 10);
  if (Number.isNaN(code)) return null;
  return { code, finishedAt: statSync(file).mtime };
}

/** Whether conmon was told of a kill for want of memory by the kernel. */
export const monitorSawOom = (bundle: BundlePaths): boolean => existsSync(join(bundle.directory, 'oom'));

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
