import { invalidArgument, messageOf } from '../../base/errors.ts';
import { checkEndpoint } from '../networks/check-endpoint.ts';
import { findNetwork } from '../networks/find-network.ts';
import { plainMode, sharedContainer } from '../networks/network-names.ts';
import type { EngineContext } from '../context.ts';
import type { EndpointSettings } from './container-networks.ts';
import type { CreateRequest } from './create-request.ts';
import { checkLinks } from './legacy-links.ts';
import { NOTHING_SPECIAL } from './sandbox.ts';

export interface ResolvedNetworks {
  networkMode: string;
  /** By network name, that of the mode first: it gives the first interface. */
  networks: Record<string, EndpointSettings>;
}

/**
 * Which networks a new container is to join. A network that is not there is missed only at the start, as with
 * Docker: it may be made in between.
 * @throws invalid-argument for a mode that does not go with the rest of the request, and for settings that do not fit
 */
export function resolveNetworks(
  context: Pick<EngineContext, 'networks' | 'containers'>,
  request: CreateRequest,
): ResolvedNetworks {
  const networkMode = plainMode(request.hostConfig.networkMode);
  if (sharedContainer(networkMode) !== null) {
    checkShared(networkMode, request);
    return { networkMode, networks: {} };
  }
  if (networkMode === 'host' && request.hostConfig.links.length > 0) {
    throw invalidArgument(
      "conflicting options: host type networking can't be used with links. This would result in undefined behavior",
    );
  }
  checkLinks(context, request.hostConfig);
  if (request.config.networkDisabled) return { networkMode, networks: {} };
  const wanted = namedNetworks(context, networkMode, request.networks);
  const names = Object.keys(wanted);
  if (names.length > 1 && names.some((name) => name === 'host' || name === 'none')) {
    throw invalidArgument(
      'container sharing network namespace with another container or host cannot be connected to any other network',
    );
  }
  return { networkMode, networks: wanted };
}

function namedNetworks(
  context: Pick<EngineContext, 'networks'>,
  networkMode: string,
  endpoints: CreateRequest['networks'],
): ResolvedNetworks['networks'] {
  const main = findNetwork(context, networkMode)?.name ?? networkMode;
  const asked = Object.entries(endpoints);
  const named = (asked.length > 0 ? asked : [[networkMode, NOTHING_SPECIAL] as const]).map(
    ([name, settings]) => oneNetwork(context, name, settings),
  );
  const sorted = [...named.filter(([name]) => name === main), ...named.filter(([name]) => name !== main)];
  return Object.fromEntries(sorted);
}

function oneNetwork(
  context: Pick<EngineContext, 'networks'>,
  nameOrId: string,
  settings: EndpointSettings,
): [name: string, settings: EndpointSettings] {
  const network = findNetwork(context, plainMode(nameOrId));
  try {
    checkEndpoint(network?.name ?? nameOrId, network, settings);
  } catch (error) {
    throw invalidArgument(`invalid config for network ${nameOrId}: ${messageOf(error)}`, error);
  }
  return [network?.name ?? nameOrId, { ...settings, networkId: network?.id ?? '' }];
}

/** A namespace of somebody else's is taken as it is. */
function checkShared(networkMode: string, { config, hostConfig }: CreateRequest): void {
  if (sharedContainer(networkMode) === '')
    throw invalidArgument('Invalid network mode: invalid container format container:<name|id>');
  const published = hostConfig.publishAllPorts || Object.keys(hostConfig.portBindings).length > 0;
  const conflicts: [boolean, string][] = [
    [config.hostname !== '', 'hostname and the network mode'],
    [
      hostConfig.links.length > 0,
      "container type network can't be used with links. This would result in undefined behavior",
    ],
    [hostConfig.dns.length > 0, 'dns and the network mode'],
    [hostConfig.extraHosts.length > 0, 'custom host-to-IP mapping and the network mode'],
    [published, 'port publishing and the container type network mode'],
    [config.exposedPorts.length > 0, 'port exposing and the container type network mode'],
  ];
  const [, what] = conflicts.find(([applies]) => applies) ?? [];
  if (what !== undefined) throw invalidArgument(`conflicting options: ${what}`);
}
