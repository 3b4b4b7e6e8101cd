import type { KeyedLock } from '../base/keyed-lock.ts';
import type { Logger } from '../base/logger.ts';
import type { Bridges } from './bridges.ts';
import type { NameServers } from './dns/name-servers.ts';
import type { Names } from './dns/names.ts';
import type { Firewall } from './firewall/firewall.ts';
import type { NetworkIdentity } from './identity.ts';
import type { KernelThread } from './kernel/kernel-thread.ts';
import type { KnownNetworks } from './known-networks.ts';
import type { Reclaim } from './reclaim.ts';
import type { Sandboxes } from './sandboxes.ts';

/** What the verbs of this folder share. */
export interface NetworkContext {
  readonly bridges: Bridges;
  readonly firewall: Firewall;
  readonly identity: NetworkIdentity;
  readonly kernel: KernelThread;
  /** One change of a sandbox, or of the set of networks, at a time. */
  readonly locks: KeyedLock;
  readonly logger: Logger;
  readonly names: Names;
  readonly nameServers: NameServers;
  /** <run>/netns */
  readonly namespaces: string;
  readonly networks: KnownNetworks;
  readonly pools: readonly string[];
  readonly reclaim: Reclaim;
  readonly sandboxes: Sandboxes;
  /** Where a test stops the daemon. */
  step(name: string): void;
}
