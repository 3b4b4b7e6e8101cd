import type { CleanupStack } from '../base/cleanup-stack.ts';
import { conflict, invalidArgument, notFound } from '../base/errors.ts';
import { newEndpointId } from '../base/ids.ts';
import { ipBytes, parseIp, parseSubnet } from '../base/ip.ts';
import { macOf } from './ipam/address-pool.ts';
import type { PlugRequest } from './kernel/namespace-calls.ts';
import { isUserDefined, type KnownNetwork } from './known-networks.ts';
import type { NetworkContext } from './network-context.ts';
import type { Member } from './network-records.ts';
import type { EndpointRequest } from './networks.ts';

const INTERFACE_NAME = 'com.docker.network.endpoint.ifname';

/** Takes what the endpoint needs out of the network's pools; nothing is made. @throws forbidden for a taken address, resource-exhausted */
export function planMember(
  context: NetworkContext,
  request: EndpointRequest,
  others: readonly Member[],
  undo: CleanupStack,
): Member {
  // Asked again here, because the network may have been removed while its bridge was seen to.
  const network = context.networks.get(request.network);
  const { record } = network;
  const reachable = record.driver !== 'macvlan' && record.driver !== 'ipvlan';
  const rest = { links: [...request.links], gwPriority: request.gwPriority, reachable };
  const bare = bareEndpoint(network);
  if (record.driver === 'none' || record.driver === 'host') return { ...rest, endpoint: bare };
  const ifname = interfaceName(network, request, others);
  const [v4, v6] = [take(network, 4, request.ipv4, undo), take(network, 6, request.ipv6, undo)];
  const gateway = (family: 4 | 6): string | null => (record.internal ? null : gatewayOf(network, family));
  return {
    ...rest,
    endpoint: {
      ...bare,
      interface: ifname,
      address: v4?.address ?? null,
      prefixLength: v4?.prefixLength ?? 0,
      gateway: v4 ? gateway(4) : null,
      address6: v6?.address ?? null,
      prefixLength6: v6?.prefixLength ?? 0,
      gateway6: v6 ? gateway(6) : null,
      mac: request.mac?.toLowerCase().replaceAll('-', ':') ?? usualMac(v4?.address, v6?.address),
      dnsNames: isUserDefined(record) ? [...request.dnsNames] : [],
    },
  };
}

function bareEndpoint({ record }: KnownNetwork): Member['endpoint'] {
  return {
    endpointId: newEndpointId(),
    networkId: record.id,
    networkName: record.name,
    interface: null,
    address: null,
    prefixLength: 0,
    gateway: null,
    address6: null,
    prefixLength6: 0,
    gateway6: null,
    mac: null,
    dnsNames: [],
  };
}

function take(network: KnownNetwork, family: 4 | 6, wanted: string | null, undo: CleanupStack) {
  const pool = family === 4 ? network.pool4 : network.pool6;
  if (!pool) {
    if (wanted === null) return null;
    throw invalidArgument(
      `no configured subnet of network ${network.record.name} contains IP address ${wanted}`,
    );
  }
  const address = wanted === null ? pool.take() : pool.claim(wanted);
  undo.defer(() => pool.release(address));
  return { address, prefixLength: pool.subnet.prefixLength };
}

function gatewayOf({ record }: KnownNetwork, family: 4 | 6): string | null {
  return record.ipam.ranges.find(({ subnet }) => parseSubnet(subnet).family === family)?.gateway ?? null;
}

function usualMac(v4: string | undefined, v6: string | undefined): string {
  if (v4 !== undefined) return macOf(v4);
  return `02:42:${[...ipBytes(parseIp(v6 ?? '::')).subarray(-4)].map((byte) => byte.toString(16).padStart(2, '0')).join(':')}`;
}

function interfaceName(network: KnownNetwork, request: EndpointRequest, others: readonly Member[]): string {
  const taken = new Set(others.map(({ endpoint }) => endpoint.interface));
  const wanted = request.driverOpts[INTERFACE_NAME];
  if (wanted !== undefined) {
    if (!/^[^\s/:]{1,15}$/.test(wanted) || wanted === 'lo')
      throw invalidArgument(`invalid interface name ${JSON.stringify(wanted)} in ${INTERFACE_NAME}`);
    if (taken.has(wanted)) throw conflict(`interface name ${wanted} is used twice in ${INTERFACE_NAME}`);
    return wanted;
  }
  const { interfacePrefix } = network.settings;
  for (let index = 0; ; index += 1) {
    if (!taken.has(`${interfacePrefix}${index}`)) return `${interfacePrefix}${index}`;
  }
}

/** What the kernel has to make for it; null for an endpoint without an interface. @throws not-found */
export function plugOf(
  { networks, identity, bridges }: NetworkContext,
  { endpoint }: Member,
): PlugRequest | null {
  if (endpoint.interface === null) return null;
  const network = networks.byId(endpoint.networkId);
  if (!network) throw notFound(`network ${endpoint.networkName} not found`);
  const { driver, bridge } = network.record;
  const { parent, subMode, icc } = network.settings;
  const sub = driver === 'macvlan' || driver === 'ipvlan';
  return {
    veth: identity.veth(endpoint.endpointId),
    ifname: endpoint.interface,
    mac: endpoint.mac ?? '',
    mtu: network.settings.mtu ?? (sub ? 0 : bridges.mtu),
    addresses: [
      ...(endpoint.address === null
        ? []
        : [{ address: endpoint.address, prefixLength: endpoint.prefixLength }]),
      ...(endpoint.address6 === null
        ? []
        : [{ address: endpoint.address6, prefixLength: endpoint.prefixLength6 }]),
    ],
    to: sub
      ? { kind: driver, parent: network.record.madeLink ?? parent, mode: subMode }
      : { kind: 'bridge', bridge: bridge ?? '', isolated: !icc },
  };
}

/** Gives the addresses back. */
export function releaseAddresses({ networks }: NetworkContext, { endpoint }: Member): void {
  const network = networks.byId(endpoint.networkId);
  if (endpoint.address !== null) network?.pool4?.release(endpoint.address);
  if (endpoint.address6 !== null) network?.pool6?.release(endpoint.address6);
}

/** They are a container's from before. */
export function reserveAddresses({ networks }: NetworkContext, { endpoint }: Member): void {
  const network = networks.byId(endpoint.networkId);
  if (endpoint.address !== null) network?.pool4?.reserve(endpoint.address);
  if (endpoint.address6 !== null) network?.pool6?.reserve(endpoint.address6);
}
