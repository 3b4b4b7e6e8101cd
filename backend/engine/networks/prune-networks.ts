import { messageOf } from '../../base/errors.ts';
import type { NetworkRecord } from '../../network/networks.ts';
import type { EngineContext } from '../context.ts';
import { networkMembers } from './network-members.ts';
import { isPredefined } from './network-names.ts';
import { removeNetwork } from './remove-network.ts';

/** Removes every network of the user's that fits and that no running container is in. @returns their names */
export async function pruneNetworks(
  context: Pick<EngineContext, 'networks' | 'containers' | 'events' | 'logger'>,
  fits: (network: NetworkRecord) => boolean,
): Promise<string[]> {
  const removed: string[] = [];
  for (const network of context.networks.list()) {
    if (isPredefined(network.name) || !fits(network) || networkMembers(context, network.id).length > 0)
      continue;
    try {
      await removeNetwork(context, network.id);
      removed.push(network.name);
    } catch (error) {
      context.logger.warn({ network: network.name, error: messageOf(error) }, 'cannot prune a network');
    }
  }
  context.events.emit('network', 'prune', '', { reclaimed: '0' });
  return removed;
}
