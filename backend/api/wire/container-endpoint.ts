import type { Container, EndpointSettings } from '../../engine/containers/container.ts';

/** `NetworkSettings.Networks`: one entry a network, empty addresses while the container does not run. */
export function endpointSettings(container: Container): Record<string, unknown> {
  const { hostConfig, networks, sandbox } = container;
  const names = new Set([
    ...Object.keys(networks),
    ...(sandbox?.endpoints.map(({ networkName }) => networkName) ?? []),
  ]);
  if (names.size === 0) names.add(hostConfig.networkMode);
  return Object.fromEntries([...names].map((name) => [name, oneNetwork(container, name, networks[name])]));
}

function oneNetwork({ sandbox }: Container, name: string, wanted: EndpointSettings | undefined) {
  const endpoint = sandbox?.endpoints.find(({ networkName }) => networkName === name);
  return {
    IPAMConfig: ipamConfig(wanted),
    Links: wanted && wanted.links.length > 0 ? wanted.links : null,
    Aliases: wanted && wanted.aliases.length > 0 ? wanted.aliases : null,
    MacAddress: endpoint?.mac ?? '',
    DriverOpts: wanted && Object.keys(wanted.driverOpts).length > 0 ? wanted.driverOpts : null,
    GwPriority: wanted?.gwPriority ?? 0,
    NetworkID: endpoint?.networkId ?? '',
    EndpointID: endpoint?.endpointId ?? '',
    Gateway: endpoint?.gateway ?? '',
    IPAddress: endpoint?.address ?? '',
    IPPrefixLen: endpoint?.prefixLength ?? 0,
    IPv6Gateway: endpoint?.gateway6 ?? '',
    GlobalIPv6Address: endpoint?.address6 ?? '',
    GlobalIPv6PrefixLen: endpoint?.prefixLength6 ?? 0,
    DNSNames: endpoint && endpoint.dnsNames.length > 0 ? endpoint.dnsNames : null,
  };
}

function ipamConfig(wanted: EndpointSettings | undefined): Record<string, unknown> | null {
  if (!wanted || (wanted.ipv4 === null && wanted.ipv6 === null && wanted.linkLocal.length === 0)) return null;
  return {
    ...(wanted.ipv4 === null ? {} : { IPv4Address: wanted.ipv4 }),
    ...(wanted.ipv6 === null ? {} : { IPv6Address: wanted.ipv6 }),
    ...(wanted.linkLocal.length === 0 ? {} : { LinkLocalIPs: wanted.linkLocal }),
  };
}
