import { readFileSync, writeFileSync, readdirSync } from 'node:fs';
import { isErrno } from '../../base/errors.ts';
import type { LinkStats } from '../../linux/route-messages.ts';
import { RouteSocket } from '../../linux/rtnetlink.ts';

export interface AddressWithPrefix {
  address: string;
  prefixLength: number;
}

export interface BridgeRequest {
  name: string;
  /** Tells our bridge from another's of the same name. */
  mac: string;
  mtu: number;
  addresses: readonly AddressWithPrefix[];
  /** The host's ends of the veth pairs that belong to it. */
  ports: readonly string[];
  /** They must not reach one another. */
  isolated: boolean;
}

export interface BridgeState {
  /** `taken`: a link of this name exists and is not ours; nothing was done. */
  bridge: 'present' | 'made' | 'taken';
  /** What had to be switched on: `IPv4`, `IPv6`. */
  forwardingEnabled: string[];
}

export interface HostSurvey {
  /** Ranges that this machine has a route into or an address in. */
  ranges: string[];
  /** MTU of the way out, 1500 where there is none. */
  mtu: number;
}

// Opened once, before the thread enters any other namespace: the socket stays with the host's.
export const host = new RouteSocket();

/** @param ownMacs beginnings of the addresses of our bridges: their ranges are no obstacle to their owner. */
export function survey(ownMacs: readonly string[]): HostSurvey {
  const links = new Map(host.links().map((link) => [link.index, link]));
  const ours = (index: number): boolean =>
    ownMacs.some((mac) => links.get(index)?.mac.startsWith(mac) ?? false);
  const routes = host.routes();
  const ranges = [...routes, ...host.addresses()]
    .filter((range) => range.prefixLength > 0 && !ours(range.link))
    .map(({ address, prefixLength }) => `${address}/${prefixLength}`);
  const wayOut = routes.find((route) => route.prefixLength === 0 && links.has(route.link));
  return { ranges: [...new Set(ranges)], mtu: (wayOut && links.get(wayOut.link)?.mtu) ?? 1500 };
}

/** Makes what is missing of the bridges, so that one which an administrator deleted comes back at the next attach. */
export function ensureBridges(requests: readonly BridgeRequest[]): BridgeState[] {
  return requests.map(ensureBridge);
}

function ensureBridge(request: BridgeRequest): BridgeState {
  const before = host.link(request.name);
  const taken: BridgeState = { bridge: 'taken', forwardingEnabled: [] };
  if (before && before.mac !== request.mac) return taken;
  if (!before && !addBridge(request)) return taken;
  const link = host.link(request.name);
  if (!link) throw new Error(`bridge ${request.name} vanished while it was set up`);
  if (!before) skipDuplicateDetection(request.name);
  for (const { address, prefixLength } of request.addresses)
    ignoring('EEXIST', () => host.addAddress(link.index, address, prefixLength));
  if (!link.up) host.setUp(link.index);
  if (!before) rejoin(request, link.index);
  return { bridge: before ? 'present' : 'made', forwardingEnabled: enableForwarding(request.addresses) };
}

function addBridge({ name, mac, mtu }: BridgeRequest): boolean {
  try {
    host.addBridge(name, mac, mtu);
    return true;
  } catch (error) {
    // Another daemon was faster.
    if (isErrno(error, 'EEXIST')) return host.link(name)?.mac === mac;
    throw error;
  }
}

/**
 * Of the link-local address, which the bridge gets with its first port: without one the kernel asks for no neighbour
 * on behalf of a packet that it forwards, and the first second of a published port would be lost.
 */
function skipDuplicateDetection(bridge: string): void {
  try {
    writeFileSync(`/proc/sys/net/ipv6/conf/${bridge}/accept_dad`, '0');
  } catch (error) {
    // A kernel without IPv6.
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}

/** The veths of running containers lost their bridge with the one that was deleted. */
function rejoin({ ports, isolated }: BridgeRequest, bridge: number): void {
  for (const name of ports) {
    const link = host.link(name);
    if (!link || link.master !== 0) continue;
    host.setMaster(link.index, bridge);
    if (isolated) host.setIsolated(link.index);
  }
}

export function deleteBridge(name: string, mac: string): void {
  if (host.link(name)?.mac === mac) deleteLinks([name]);
}

/** Names of links that begin so, and of those whose address does. */
export function linkNames({ prefix, macPrefix }: { prefix: string; macPrefix: string }): {
  named: string[];
  bridges: string[];
} {
  const links = host.links();
  return {
    named: links.map(({ name }) => name).filter((name) => name.startsWith(prefix)),
    bridges: links.filter(({ mac }) => mac.startsWith(macPrefix)).map(({ name }) => name),
  };
}

export function deleteLinks(names: readonly string[]): void {
  for (const name of names) {
    const link = host.link(name);
    if (link) ignoring('ENODEV', () => host.deleteLink(link.index));
  }
}

/** Of the host's ends: what they receive is what the container sends. Names that are gone are left out. */
export function hostStats(names: readonly string[]): Record<string, LinkStats> {
  return statsOf(host, names);
}

export function statsOf(socket: RouteSocket, names: readonly string[]): Record<string, LinkStats> {
  const found: Record<string, LinkStats> = {};
  for (const name of names) {
    const link = socket.link(name);
    if (link) found[name] = link.stats;
  }
  return found;
}

function enableForwarding(addresses: readonly AddressWithPrefix[]): string[] {
  const enabled: string[] = [];
  if (switchOn('/proc/sys/net/ipv4/ip_forward')) enabled.push('IPv4');
  if (addresses.some(({ address }) => address.includes(':'))) {
    const path = '/proc/sys/net/ipv6/conf/all/forwarding';
    if (readFileSync(path, 'utf8').trim() === '0') {
      keepRouterAdvertisements();
      if (switchOn(path)) enabled.push('IPv6');
    }
  }
  return enabled;
}

function switchOn(path: string): boolean {
  if (readFileSync(path, 'utf8').trim() !== '0') return false;
  writeFileSync(path, '1');
  return true;
}

/** A machine that forwards IPv6 stops to learn its own way out, unless it is told to go on (2). */
function keepRouterAdvertisements(): void {
  for (const link of readdirSync('/proc/sys/net/ipv6/conf')) {
    const path = `/proc/sys/net/ipv6/conf/${link}/accept_ra`;
    if (link === 'all' || readFileSync(path, 'utf8').trim() !== '1') continue;
    writeFileSync(path, '2');
  }
}

export function ignoring(errno: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!isErrno(error, errno)) throw error;
  }
}
