import { closeSync, openSync, writeFileSync } from 'node:fs';
import { isErrno } from '../../base/errors.ts';
import { ipBytes, parseIp } from '../../base/ip.ts';
import { closeDescriptors, openSocketPair, type SocketPair } from '../../linux/namespace-sockets.ts';
import { adoptNamespace, createNamespace, inNamespace } from '../../linux/netns.ts';
import {
  deleteTable,
  expressions,
  newBaseChain,
  newRule,
  newTable,
  portBytes,
} from '../../linux/nft-messages.ts';
import { NftSocket } from '../../linux/nft-table.ts';
import type { LinkStats } from '../../linux/route-messages.ts';
import { RouteSocket } from '../../linux/rtnetlink.ts';
import { deleteLinks, host, ignoring, statsOf, type AddressWithPrefix } from './host-calls.ts';

export interface PlugRequest {
  /** The host's end. */
  veth: string;
  /** The container's end, such as `eth0`. */
  ifname: string;
  mac: string;
  mtu: number;
  addresses: readonly AddressWithPrefix[];
  /** Who the other end belongs to: a bridge, or the interface that it is a part of. */
  to:
    | { kind: 'bridge'; bridge: string; isolated: boolean }
    | { kind: 'macvlan' | 'ipvlan'; parent: string; mode: number };
}

export interface Routes {
  v4: { ifname: string; gateway: string | null } | null;
  v6: { ifname: string; gateway: string | null } | null;
}

export interface SetUpRequest {
  namespace: string;
  /** What is there already is left as it is. */
  plugs: readonly PlugRequest[];
  routes: Routes;
  /** The port that the resolver's sockets had before, 0 for any; null without a resolver. */
  resolverPort: number | null;
}

const RESOLVER = '127.0.0.11';
const RESOLVER_TABLE = { family: 'ip', name: 'strata_dns' } as const;

/** A namespace with its loopback up and the settings that Docker gives to every private one. */
export function makeNamespace({ path, source }: { path: string; source: string | null }): void {
  if (source === null) createNamespace(path, configureNamespace);
  else adoptNamespace(path, source, configureNamespace);
}

function configureNamespace(): void {
  using inside = new RouteSocket();
  const loopback = inside.link('lo');
  if (loopback) inside.setUp(loopback.index);
  // Interfaces get no IPv6 address of their own in networks that have none.
  setting('ipv6/conf/default/disable_ipv6', '1');
  // A container has its own ports and its own users: low ports and ping need no privilege there.
  setting('ipv4/ip_unprivileged_port_start', '0');
  setting('ipv4/ping_group_range', '0 2147483647');
}

/** Best effort: kernels without IPv6 lack the first, and inside some containers /proc/sys cannot be written. */
function setting(name: string, value: string): void {
  try {
    // Which namespace's settings /proc/sys/net shows depends on the thread that looks.
    writeFileSync(`/proc/sys/net/${name}`, value);
  } catch {
    return;
  }
}

/** Interfaces, addresses, routes and the resolver's sockets of a namespace, in one visit. */
export function setUp({ namespace, plugs, routes, resolverPort }: SetUpRequest): SocketPair | null {
  const made = plugs.some(({ to }) => to.kind !== 'bridge') ? namesInside(namespace) : new Set<string>();
  const namespaceFd = openSync(namespace, 'r');
  try {
    for (const plug of plugs) if (!made.has(plug.ifname)) addLink(plug, namespaceFd);
  } finally {
    closeSync(namespaceFd);
  }
  return inNamespace(namespace, () => {
    using inside = new RouteSocket();
    for (const plug of plugs) configureLink(inside, plug);
    setRoutes(inside, routes);
    return resolverPort === null ? null : openResolver(resolverPort);
  });
}

function namesInside(namespace: string): Set<string> {
  return inNamespace(namespace, () => {
    using inside = new RouteSocket();
    return new Set(inside.links().map(({ name }) => name));
  });
}

function addLink({ veth, ifname, mac, mtu, to }: PlugRequest, namespaceFd: number): void {
  if (to.kind !== 'bridge') return addSubLink({ veth, mac, mtu, to }, namespaceFd);
  const bridge = host.link(to.bridge)?.index;
  if (bridge === undefined) throw new Error(`bridge ${to.bridge} is gone`);
  const peer = { name: ifname, mac, namespaceFd };
  try {
    host.addVethPair({ name: veth, bridge, mtu, peer });
  } catch (error) {
    // The kernel says the same of either end.
    if (!isErrno(error, 'EEXIST')) throw error;
    if (!host.link(veth))
      throw new Error(`interface ${ifname} exists in the container already`, { cause: error });
  }
  if (to.isolated) host.setIsolated(host.link(veth)?.index ?? 0);
}

/** Under a name of its own first: the kernel also compares the name with the host's links, which may have an eth0. */
function addSubLink(
  { veth, mac, mtu, to }: Pick<PlugRequest, 'veth' | 'mac' | 'mtu' | 'to'>,
  namespaceFd: number,
) {
  if (to.kind === 'bridge') return;
  const { kind, parent: parentName, mode } = to;
  const parent = host.link(parentName)?.index;
  if (parent === undefined) throw new Error(`parent interface ${parentName} is gone`);
  const own = kind === 'macvlan' ? mac : null;
  ignoring('EEXIST', () => host.addSubLink({ kind, mode, parent, name: veth, mac: own, mtu, namespaceFd }));
}

function configureLink(inside: RouteSocket, { veth, ifname, addresses, to }: PlugRequest): void {
  const unnamed = to.kind === 'bridge' ? undefined : inside.link(veth)?.index;
  if (unnamed !== undefined) inside.rename(unnamed, ifname);
  const index = inside.link(ifname)?.index;
  if (index === undefined) throw new Error(`interface ${ifname} is not in its namespace`);
  if (addresses.some(({ address }) => address.includes(':')))
    setting(`ipv6/conf/${ifname}/disable_ipv6`, '0');
  for (const { address, prefixLength } of addresses)
    ignoring('EEXIST', () => inside.addAddress(index, address, prefixLength));
  inside.setUp(index);
}

function setRoutes(inside: RouteSocket, routes: Routes): void {
  for (const [family, route] of [
    [4, routes.v4],
    [6, routes.v6],
  ] as const) {
    const index = route ? inside.link(route.ifname)?.index : undefined;
    if (route && index !== undefined) inside.setDefaultRoute(family, index, route.gateway);
    else if (family === 4) inside.removeDefaultRoute(4);
    else ignoring('ENOTSUP', () => inside.removeDefaultRoute(6));
  }
}

export interface UnplugRequest {
  namespace: string;
  /** The host's end; null for a part of another interface, which has only one. */
  veth: string | null;
  ifname: string;
  /** As they are without it. */
  routes: Routes;
}

/** Takes one interface away. The default route went with it where it led through it. */
export function unplug({ namespace, veth, ifname, routes }: UnplugRequest): void {
  if (veth !== null) deleteLinks([veth]);
  inNamespace(namespace, () => {
    using inside = new RouteSocket();
    const index = veth === null ? inside.link(ifname)?.index : undefined;
    if (index !== undefined) ignoring('ENODEV', () => inside.deleteLink(index));
    setRoutes(inside, routes);
  });
}

/** Of interfaces without an end on the host. Names that are gone are left out. */
export function insideStats({
  namespace,
  names,
}: {
  namespace: string;
  names: readonly string[];
}): Record<string, LinkStats> {
  return inNamespace(namespace, () => {
    using inside = new RouteSocket();
    return statsOf(inside, names);
  });
}

/**
 * Sockets at a high port, and a rule that leads port 53 of 127.0.0.11 to it: port 53 itself stays free for the
 * container's own servers.
 */
function openResolver(wanted: number): SocketPair {
  const sockets = openSocketPair(RESOLVER, wanted);
  try {
    using nft = new NftSocket();
    const chain = { name: 'output', type: 'nat', hook: 3, priority: -100 } as const;
    // Removed rules cost 13 ms, which closing the socket waits for: there are some only after a restart.
    const older = nft.has(RESOLVER_TABLE) ? [deleteTable(RESOLVER_TABLE)] : [];
    nft.apply('lead names to the resolver', [
      ...older,
      newTable(RESOLVER_TABLE),
      newBaseChain(RESOLVER_TABLE, chain),
      ...[6, 17].map((protocol) => newRule(RESOLVER_TABLE, 'output', leadTo(protocol, sockets.port))),
    ]);
    return sockets;
  } catch (error) {
    closeDescriptors([sockets.udpFd, sockets.tcpFd]);
    if (isErrno(error, 'ENOTSUP'))
      throw new Error('the kernel has no nftables NAT for the resolver', { cause: error });
    throw error;
  }
}

function leadTo(protocol: number, port: number): Buffer[] {
  const { transportProtocol, ipv4Destination, destinationPort, equals, toPort } = expressions;
  return [
    transportProtocol(),
    equals(Buffer.from([protocol])),
    ipv4Destination(),
    equals(ipBytes(parseIp(RESOLVER))),
    destinationPort(),
    equals(portBytes(53)),
    ...toPort(port),
  ];
}
