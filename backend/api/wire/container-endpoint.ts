import type { Container } from '../../engine/containers/container.ts';
import type { EndpointSettings } from '../../engine/containers/container-networks.ts';
import type { Endpoint } from '../../network/networks.ts';
import { dnsNames } from '../../engine/containers/sandbox.ts';
import { isPredefined } from '../../engine/networks/network-names.ts';

/**
 * `NetworkSettings.Networks`: one entry a network, empty addresses while the container does not run. The network's
 * id is there also then: Compose makes a container anew that does not seem to be in its network.
 * @param options.idAsAlias clients before API 1.45 find the container's short id and hostname among its aliases
 */
export function endpointSettings(
  container: Container,
  options: { idAsAlias?: boolean } = {},
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(container.networks).map(([name, wanted]) => {
      const aliases = options.idAsAlias ? withId(container, name, wanted.aliases) : wanted.aliases;
      return [name, oneNetwork(container, name, { ...wanted, aliases })];
    }),
  );
}

function withId({ id, config }: Container, network: string, aliases: string[]): string[] {
  return isPredefined(network) ? aliases : [...new Set([...aliases, id.slice(0, 12), config.hostname])];
}

function oneNetwork(container: Container, name: string, wanted: EndpointSettings) {
  const endpoint = container.sandbox?.endpoints.find(({ networkName }) => networkName === name);
  return {
    IPAMConfig: ipamConfig(wanted),
    Links: orNull(wanted.links),
    Aliases: orNull(wanted.aliases),
    DriverOpts: Object.keys(wanted.driverOpts).length > 0 ? wanted.driverOpts : null,
    GwPriority: wanted.gwPriority,
    ...addresses(endpoint),
    MacAddress: endpoint?.mac ?? wanted.mac ?? '',
    NetworkID: endpoint?.networkId ?? wanted.networkId,
    DNSNames: orNull(endpoint?.dnsNames ?? dnsNames(container, name, wanted)),
  };
}

/** What only a running container has. */
function addresses(endpoint: Endpoint | undefined) {
  return {
    EndpointID: endpoint?.endpointId ?? '',
    Gateway: endpoint?.gateway ?? '',
    IPAddress: endpoint?.address ?? '',
    IPPrefixLen: endpoint?.prefixLength ?? 0,
    IPv6Gateway: endpoint?.gateway6 ?? '',
    GlobalIPv6Address: endpoint?.address6 ?? '',
    GlobalIPv6PrefixLen: endpoint?.prefixLength6 ?? 0,
  };
}

function orNull(list: readonly string[]): readonly string[] | null {
  return list.length > 0 ? list : null;
}

function ipamConfig(wanted: EndpointSettings): Record<string, unknown> | null {
  if (wanted.ipv4 === null && wanted.ipv6 === null && wanted.linkLocal.length === 0) return null;
  return {
    ...(wanted.ipv4 === null ? {} : { IPv4Address: wanted.ipv4 }),
    ...(wanted.ipv6 === null ? {} : { IPv6Address: wanted.ipv6 }),
    ...(wanted.linkLocal.length === 0 ? {} : { LinkLocalIPs: wanted.linkLocal }),
  };
}
