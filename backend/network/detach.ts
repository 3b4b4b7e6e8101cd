import { CleanupStack } from '../base/cleanup-stack.ts';
import type { NetworkContext } from './network-context.ts';
import type { OneEndpoint as Endpoint } from './one-network.ts';

export type Detachable = Pick<Endpoint, 'endpointId' | 'netnsPath' | 'address' | 'ports'>;

/** Takes away what `attach` gave. Idempotent; every step is tried, and what failed is thrown at the end. */
export async function detach(context: NetworkContext, endpoint: Detachable): Promise<void> {
  const { endpointId, netnsPath, ports } = endpoint;
  const { bridge, firewall, kernel, listeners, reclaim, tables } = context;
  const known = tables.endpoints.get(endpointId);
  const closeListeners = listeners.get(endpointId);
  listeners.delete(endpointId);
  // The rules are made from the records: without this one's they no longer lead to it.
  tables.endpoints.delete(endpointId);
  // The last one deferred runs first.
  await using steps = new CleanupStack();
  steps.defer(() => {
    // Without a record the address may be another container's by now.
    if (known && known.address !== null) bridge.addresses.release(known.address);
    if (netnsPath !== null) reclaim.soon();
  });
  if (ports.length > 0) steps.defer(() => firewall.applyLater());
  if (netnsPath !== null) steps.defer(() => kernel.call('removeNamespace', netnsPath));
  if (closeListeners) steps.defer(closeListeners);
}
