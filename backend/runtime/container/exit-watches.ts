import { setTimeout as sleep } from 'node:timers/promises';
import { watchProcess } from '../../linux/pidfd.ts';
import type { Layout } from '../../store/layout.ts';
import { wasOomKilled } from '../cgroup-of.ts';
import { containerBundle } from '../conmon/bundle-paths.ts';
import { findProcesses, monitorSawOom, NO_PROCESS, readExit } from '../monitor-state.ts';
import type { ContainerCgroups } from '../prepare-cgroups.ts';
import type { ExitStatus, MonitoredContainer, ProcessIdentity } from '../runtime.ts';

/** Exit code where the monitor was killed and nobody saw the real one: what the kernel's SIGKILL would give. */
const UNKNOWN_EXIT = 137;

/**
 * One watch per container, shared by everybody who waits. conmon need not be our child: its pidfd tells of its end,
 * and its exit file of the container's. Nothing polls.
 */
export class ExitWatches {
  readonly #layout: Layout;
  readonly #cgroups: ContainerCgroups;
  readonly #exits = new Map<string, Promise<ExitStatus>>();

  constructor(layout: Layout, cgroups: ContainerCgroups) {
    this.#layout = layout;
    this.#cgroups = cgroups;
  }

  /** The exit of a container that lives, or has lived and is not deleted yet. */
  of(id: string): Promise<ExitStatus> {
    return this.#exits.get(id) ?? this.watch(id, findProcesses(containerBundle(this.#layout, id), id));
  }

  watch(id: string, processes: MonitoredContainer): Promise<ExitStatus> {
    const exit = this.#wait(id, processes);
    this.#exits.set(id, exit);
    // Nobody may be waiting; those who are get the failure themselves.
    exit.catch(() => undefined);
    return exit;
  }

  forget(id: string): void {
    this.#exits.delete(id);
  }

  async #wait(id: string, { conmon, init }: MonitoredContainer): Promise<ExitStatus> {
    const bundle = containerBundle(this.#layout, id);
    // The file may be older than the watch, and it may come between this look and the watch: so looked at twice.
    if (!readExit(bundle, id)) await processEnd(conmon);
    const exit = readExit(bundle, id);
    if (exit) return { ...exit, oomKilled: this.#oomKilled(id) };
    // conmon was killed. Its container goes on without streams, and its end is all that there is to see.
    await processEnd(init);
    return { code: UNKNOWN_EXIT, oomKilled: this.#oomKilled(id), finishedAt: new Date() };
  }

  /** Asked before the cgroup is deleted. The kernel's count is the better witness; conmon may have seen an earlier one. */
  #oomKilled(id: string): boolean {
    return wasOomKilled(this.#cgroups, id) || monitorSawOom(containerBundle(this.#layout, id));
  }
}

/** Ends when the process has, at once for one that is gone. */
export async function processEnd(process: ProcessIdentity, timeout?: number): Promise<void> {
  if (process.pid === NO_PROCESS.pid) return;
  using watch = watchProcess(process);
  if (timeout === undefined) await watch.ended;
  else await Promise.race([watch.ended, sleep(timeout, undefined, { ref: false })]);
}
