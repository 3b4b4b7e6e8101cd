import type { KeyedLock } from '../base/keyed-lock.ts';
import type { Logger } from '../base/logger.ts';
import type { Image, ImageStore } from '../image/image-store.ts';
import type { Networks } from '../network/networks.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Snapshotter } from '../snapshot/snapshotter.ts';
import type { Layout } from '../store/layout.ts';
import type { Volumes } from '../volume/volumes.ts';
import type { ContainerSet } from './containers/container-set.ts';
import type { LiveContainers } from './containers/live-container.ts';
import type { EventLog } from './events/event-log.ts';
import type { ExecSet } from './exec/exec-set.ts';
import type { IdRanges } from './userns/id-ranges.ts';

/** What the use cases work with; built once by `main.ts`. */
export interface EngineContext {
  readonly layout: Layout;
  readonly logger: Logger;
  readonly images: ImageStore;
  /** An image whose layers cannot be collected until the lease ends. @throws not-found */
  holdImage(name: string): Promise<{ image: Image; lease: Disposable }>;
  readonly snapshotter: Snapshotter;
  readonly runtime: Runtime;
  readonly networks: Networks;
  readonly volumes: Volumes;
  readonly containers: ContainerSet;
  readonly live: LiveContainers;
  readonly execs: ExecSet;
  readonly events: EventLog;
  /** One lock per container id: its verbs run one at a time. */
  readonly locks: KeyedLock;
  readonly bootId: string;
  /** `--default-ulimit`, in Docker's form. */
  readonly defaultUlimits: readonly { name: string; soft: number; hard: number }[];
  /** `--init`: whether containers that do not say get an init program. */
  readonly init: boolean;
  readonly userns: {
    /** `--userns`: whether containers that do not say get a user namespace. */
    readonly default: 'host' | 'private';
    readonly ranges: IdRanges;
  };
  /** Aborted when the daemon ends: watches stop, containers go on. */
  readonly shutdown: AbortSignal;
}
