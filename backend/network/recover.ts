import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../base/errors.ts';
import { detach } from './detach.ts';
import { ownerOf, type NetworkContext } from './network-context.ts';
import type { OneEndpoint as Endpoint } from './one-network.ts';
import { openPorts } from './ports/open-ports.ts';

/** After a restart: brings back what the endpoints need, and removes what none of them owns. */
export async function recover(context: NetworkContext, endpoints: readonly Endpoint[]): Promise<void> {
  await removeOwnerless(context, new Set(endpoints.map(({ endpointId }) => endpointId)));
  for (const endpoint of endpoints) await readopt(context, endpoint);
  const used = endpoints.some(({ address }) => address !== null);
  if (used) await context.bridge.ensure();
  // Rules of containers that are gone must go too, but a table is not made for nobody.
  if (used || (await context.kernel.call('hasNftTable', context.identity.nftTable))) {
    await context.firewall.apply();
  }
}

async function removeOwnerless(context: NetworkContext, owned: ReadonlySet<string>): Promise<void> {
  const { tables, namespaces, kernel, reclaim } = context;
  for (const record of tables.endpoints.all()) {
    if (!owned.has(record.endpointId)) await detach(context, record);
  }
  for (const name of await readdir(namespaces)) {
    if (!owned.has(name)) await kernel.call('removeNamespace', join(namespaces, name));
  }
  await reclaim.now();
}

async function readopt(context: NetworkContext, endpoint: Endpoint): Promise<void> {
  const { endpointId, netnsPath, address, ports } = endpoint;
  if (netnsPath === null) return;
  const containerId = context.tables.endpoints.get(endpointId)?.containerId ?? '';
  context.tables.endpoints.put(endpointId, {
    endpointId,
    containerId,
    netnsPath,
    address,
    ports: [...ports],
  });
  if (address === null) return;
  context.bridge.addresses.reserve(address);
  context.listeners.set(endpointId, await listenAgain(context, endpoint, address));
}

/** A port that somebody took meanwhile must not keep the others, or the daemon, from coming back. */
async function listenAgain(
  { tables, logger }: NetworkContext,
  { endpointId, ports }: Endpoint,
  address: string,
): Promise<() => Promise<void>> {
  const closers: (() => Promise<void>)[] = [];
  for (const port of ports) {
    try {
      const opened = await openPorts({ ports: [port], address, ownerOf: ownerOf.bind(null, tables) });
      closers.push(opened.close);
    } catch (error) {
      logger.error({ endpoint: endpointId, port, error: messageOf(error) }, 'a published port was lost');
    }
  }
  return async () => void (await Promise.all(closers.map((close) => close())));
}
