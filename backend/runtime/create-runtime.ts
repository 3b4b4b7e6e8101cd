import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../base/logger.ts';
import type { Layout } from '../store/layout.ts';
import { attachStreams } from './attach/attach-streams.ts';
import { cgroupOf, containerProcesses, type CgroupPlace } from './cgroup-of.ts';
import { containerBundle } from './conmon/bundle-paths.ts';
import { reopenLog, resizeTerminal } from './conmon/control.ts';
import { adoptContainer } from './container/adopt-container.ts';
import { createContainer } from './container/create-container.ts';
import { deleteContainer } from './container/delete-container.ts';
import { ExitWatches } from './container/exit-watches.ts';
import { killContainer } from './container/kill-container.ts';
import { readMadeWith } from './container/made-with.ts';
import { pauseContainer, resumeContainer } from './container/pause-container.ts';
import { SeccompCache } from './container/seccomp-cache.ts';
import { startContainer } from './container/start-container.ts';
import { updateContainer } from './container/update-container.ts';
import { waitExit } from './container/wait-exit.ts';
import type { RuntimeContext } from './context.ts';
import { execProcess } from './exec/exec-process.ts';
import { monitorCgroups, prepareCgroups } from './prepare-cgroups.ts';
import { probeMonitor, probeRuntimes, type LowLevelRuntime } from './probe-runtime.ts';
import type { Runtime } from './runtime.ts';
import { readUsage } from './stats/read-usage.ts';

export interface RuntimeOptions {
  layout: Layout;
  logger: Logger;
  /** Absolute cgroup path above the containers' own; specs must use `<cgroupParent>/<id>`. Default `/strata`. */
  cgroupParent?: string;
  /** In order of preference; the first one that works is the default. Default: crun, then runc. */
  runtimes?: readonly ('crun' | 'runc')[];
}

/** The runtime, and what only the explorers ask of it. */
export interface ConmonRuntime extends Runtime {
  /** The container's cgroup directories, one per hierarchy. */
  cgroupOf(id: string): CgroupPlace[];
}

/** Finds conmon and crun (or runc), and makes the host's cgroups fit. @throws unavailable, saying what is missing. */
export async function createRuntime(options: RuntimeOptions): Promise<ConmonRuntime> {
  const { layout, logger, cgroupParent = '/strata', runtimes = ['crun', 'runc'] } = options;
  const stateRoot = join(layout.runRoot, 'runtime');
  await mkdir(stateRoot, { recursive: true, mode: 0o700 });
  const cgroups = {
    ...prepareCgroups(cgroupParent, logger),
    pathOf: (id: string) => readMadeWith(layout, id)?.cgroup ?? join(cgroupParent, id),
  };
  const [[lowLevel, ...others], monitor] = await Promise.all([
    probeRuntimes(runtimes, logger, stateRoot),
    probeMonitor(),
  ]);
  const context: RuntimeContext = {
    layout,
    logger,
    lowLevel,
    monitor,
    cgroups,
    stateRoot,
    monitorCgroups: monitorCgroups(cgroups),
    exits: new ExitWatches(layout, cgroups),
    seccomp: lowLevel.name === 'crun' ? new SeccompCache(stateRoot) : null,
  };
  return runtimeOf(context, [lowLevel, ...others]);
}

/** Each container is dealt with by the runtime that made it. */
function runtimeOf(context: RuntimeContext, available: readonly LowLevelRuntime[]): ConmonRuntime {
  const { layout, cgroups, lowLevel } = context;
  const using = (name: string | undefined): RuntimeContext => {
    const other = available.find((candidate) => candidate.name === name);
    if (!other || other === lowLevel) return context;
    return { ...context, lowLevel: other, seccomp: null };
  };
  const of = (id: string): RuntimeContext => using(readMadeWith(layout, id)?.runtime);
  const bundle = (id: string): ReturnType<typeof containerBundle> => containerBundle(layout, id);
  return {
    name: lowLevel.name,
    names: available.map(({ name }) => name),
    version: lowLevel.version,
    monitor: { name: 'conmon', version: context.monitor.version },
    create: (request) => createContainer(using(request.runtime), request),
    start: (id) => startContainer(of(id), id),
    kill: async (id, signal, all = false) => killContainer(of(id), id, signal, all),
    pause: (id) => pauseContainer(of(id), id),
    resume: (id) => resumeContainer(of(id), id),
    update: (id, resources) => updateContainer(of(id), id, resources),
    waitExit: (id, signal) => waitExit(context, id, signal),
    delete: (id) => deleteContainer(of(id), id),
    attach: async (id, streams) => attachStreams(bundle(id).attach, streams),
    resize: (id, rows, columns) => resizeTerminal(bundle(id).control, rows, columns),
    exec: (request) => execProcess(of(request.containerId), request),
    processes: async (id) => containerProcesses(cgroups, id),
    adopt: (id) => adoptContainer(of(id), id),
    usage: async (id) => readUsage(cgroupOf(cgroups, id)),
    cgroupOf: (id) => cgroupOf(cgroups, id),
    reopenLog: (id) => reopenLog(bundle(id).control),
  };
}
