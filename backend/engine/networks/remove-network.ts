import { codeOf, forbidden, messageOf } from '../../base/errors.ts';
import type { NetworkRecord } from '../../network/networks.ts';
import type { EngineContext } from '../context.ts';
import { emitNetwork } from './network-events.ts';
import { networkMembers } from './network-members.ts';
import { isPredefined } from './network-names.ts';

type Context = Pick<EngineContext, 'networks' | 'containers' | 'events'>;

/** @throws not-found; forbidden for a predefined network and while a container is in it */
export async function removeNetwork(context: Context, nameOrId: string): Promise<void> {
  const network = context.networks.get(nameOrId);
  if (isPredefined(network.name))
    throw forbidden(`${network.name} is a pre-defined network and cannot be removed`);
  checkEmpty(context, network);
  try {
    await context.networks.remove(network.id);
  } catch (error) {
    // A container came in between.
    if (codeOf(error) !== 'conflict') throw error;
    throw forbidden(`error while removing network: ${messageOf(error)}`, error);
  }
  emitNetwork(context, 'destroy', network);
}

function checkEmpty(context: Context, { id, name }: NetworkRecord): void {
  const members = networkMembers(context, id);
  if (members.length === 0) return;
  const culprits = members.map(
    ({ container, endpoint }) => `name:"${container.name}" id:"${endpoint.endpointId.slice(0, 12)}"`,
  );
  throw forbidden(
    `error while removing network: network ${name} has active endpoints (${culprits.join(', ')})`,
  );
}
