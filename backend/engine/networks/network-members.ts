import type { Endpoint } from '../../network/networks.ts';
import type { Container } from '../containers/container.ts';
import type { EngineContext } from '../context.ts';

export interface NetworkMember {
  container: Container;
  endpoint: Endpoint;
}

/** The containers that are in a network now, which only those that run are. */
export function networkMembers(
  { containers }: Pick<EngineContext, 'containers'>,
  networkId: string,
): NetworkMember[] {
  return containers.all().flatMap((container) => {
    const endpoint = container.sandbox?.endpoints.find((candidate) => candidate.networkId === networkId);
    return endpoint ? [{ container, endpoint }] : [];
  });
}
