import type { NetworkRecord } from '../../network/networks.ts';
import type { Container } from '../containers/container.ts';
import type { EngineContext } from '../context.ts';

type Events = Pick<EngineContext, 'events'>;

export function emitNetwork(
  { events }: Events,
  action: 'create' | 'destroy' | 'connect' | 'disconnect',
  { id, name, driver }: Pick<NetworkRecord, 'id' | 'name' | 'driver'>,
  attributes: Record<string, string> = {},
): void {
  events.emit('network', action, id, { ...attributes, name, type: driver === 'none' ? 'null' : driver });
}

/** One event for each network that a container came into or left. */
export function emitMemberships(
  context: Pick<EngineContext, 'events' | 'networks'>,
  action: 'connect' | 'disconnect',
  { id, sandbox }: Container,
): void {
  const drivers = new Map(context.networks.list().map((network) => [network.id, network.driver]));
  for (const { networkId, networkName } of sandbox?.endpoints ?? []) {
    const driver = drivers.get(networkId) ?? 'bridge';
    emitNetwork(context, action, { id: networkId, name: networkName, driver }, { container: id });
  }
}
