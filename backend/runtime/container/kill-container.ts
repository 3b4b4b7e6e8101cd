import { notFound } from '../../base/errors.ts';
import { signalProcess } from '../../linux/pidfd.ts';
import { startTimeOf } from '../../linux/proc-stat.ts';
import { containerProcesses } from '../cgroup-of.ts';
import { containerBundle } from '../conmon/bundle-paths.ts';
import type { RuntimeContext } from '../context.ts';
import { findProcesses } from '../monitor-state.ts';

/** Through pidfds: no process of the runtime is spawned, and no other process can be hit. */
export function killContainer(
  { layout, cgroups }: RuntimeContext,
  id: string,
  signal: number,
  all: boolean,
): void {
  const { init } = findProcesses(containerBundle(layout, id), id);
  const hit = all
    ? containerProcesses(cgroups, id).filter((pid) => signalPid(pid, signal)).length > 0
    : init.pid > 0 && signalProcess(init, signal);
  if (!hit) throw notFound(`container ${id} is not running`);
}

function signalPid(pid: number, signal: number): boolean {
  const startTime = startTimeOf(pid);
  return startTime !== null && signalProcess({ pid, startTime }, signal);
}
