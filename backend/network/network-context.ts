import type { Logger } from '../base/logger.ts';
import type { DefaultBridge } from './default-bridge.ts';
import type { Firewall } from './firewall.ts';
import type { NetworkIdentity } from './identity.ts';
import type { KernelThread } from './kernel/kernel-thread.ts';
import type { NetworkTables } from './network-records.ts';
import type { PortMapping } from './networks.ts';
import type { OneNetworkRecord as NetworkRecord } from './one-network.ts';
import type { Reclaim } from './reclaim.ts';

/** What the verbs of this folder share. */
export interface NetworkContext {
  readonly bridge: DefaultBridge;
  readonly firewall: Firewall;
  readonly identity: NetworkIdentity;
  readonly kernel: KernelThread;
  /** Ends the listeners of an endpoint, by its id. The rest of what an endpoint holds outlives this process. */
  readonly listeners: Map<string, () => Promise<void>>;
  readonly logger: Logger;
  /** <run>/netns */
  readonly namespaces: string;
  readonly reclaim: Reclaim;
  readonly tables: NetworkTables;
  get(nameOrId: string): NetworkRecord;
}

/** The container of ours that has this host port. */
export function ownerOf(tables: NetworkTables, wanted: PortMapping): string | undefined {
  const same = (port: PortMapping): boolean =>
    port.protocol === wanted.protocol && port.hostPort === wanted.hostPort;
  return tables.endpoints.all().find(({ ports }) => ports.some(same))?.containerId;
}
