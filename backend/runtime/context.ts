import type { Logger } from '../base/logger.ts';
import type { Layout } from '../store/layout.ts';
import type { ContainerCgroups } from './prepare-cgroups.ts';
import type { LowLevelRuntime, Monitor } from './probe-runtime.ts';
import type { ExitWatches } from './container/exit-watches.ts';
import type { SeccompCache } from './container/seccomp-cache.ts';

/** What the verbs of the runtime share. Made once by createRuntime. */
export interface RuntimeContext {
  layout: Layout;
  logger: Logger;
  lowLevel: LowLevelRuntime;
  monitor: Monitor;
  cgroups: ContainerCgroups;
  /** The monitors' own cgroup directories. */
  monitorCgroups: readonly string[];
  /** Where crun or runc keeps its state. */
  stateRoot: string;
  exits: ExitWatches;
  /** Null for a runtime that takes no compiled filters. */
  seccomp: SeccompCache | null;
}
