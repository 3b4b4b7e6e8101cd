import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { isErrno } from '../../base/errors.ts';
import { createNamespace, inNamespace, removeNamespace } from '../../linux/netns.ts';
import { hasNftTable } from '../../linux/nft-table.ts';
import { RouteSocket } from '../../linux/rtnetlink.ts';

export interface BridgeRequest {
  name: string;
  /** Tells our bridge from another daemon's of the same name. */
  mac: string;
  mtu: number;
  address: string;
  prefixLength: number;
  /** How the names of the host's ends of our veth pairs begin. */
  portPrefix: string;
  nftTable: string;
}

export interface BridgeState {
  /** `taken`: a link of this name exists and is not ours; nothing was done. */
  bridge: 'present' | 'made' | 'taken';
  forwardingEnabled: boolean;
  tablePresent: boolean;
}

export interface ConnectRequest {
  namespace: string;
  bridge: string;
  veth: string;
  mac: string;
  mtu: number;
  address: string;
  prefixLength: number;
  gateway: string;
}

export interface HostSurvey {
  /** Ranges that this machine has a route into or an address in: first address as a number, prefix length. */
  ranges: { first: number; prefixLength: number }[];
  /** MTU of the way out, 1500 where there is none. */
  mtu: number;
}

// Opened once, before the thread enters any other namespace: the socket stays with the host's.
const host = new RouteSocket();

/** What runs in the kernel thread. All of it is synchronous; arguments and results are plain values. */
export const kernelCalls = {
  survey,
  ensureBridge,
  deleteBridge,
  makeNamespace,
  connect,
  removeNamespace,
  linkNames,
  deleteLinks,
  hasNftTable,
};
export type KernelCalls = typeof kernelCalls;

/** @param ownMac the bridge that has it is left out: its range is no obstacle to its own owner. */
function survey(ownMac: string): HostSurvey {
  const links = new Map(host.links().map((link) => [link.index, link]));
  const routes = host.routes();
  const ranges = [...routes, ...host.addresses()]
    .filter((range) => range.prefixLength > 0 && links.get(range.link)?.mac !== ownMac)
    .map(({ address, prefixLength }) => ({ first: address.readUInt32BE(0), prefixLength }));
  const wayOut = routes.find((route) => route.prefixLength === 0 && links.has(route.link));
  return { ranges, mtu: (wayOut && links.get(wayOut.link)?.mtu) ?? 1500 };
}

/** Makes what is missing of the bridge, so that one which an administrator deleted comes back at the next attach. */
function ensureBridge(request: BridgeRequest): BridgeState {
  const before = host.link(request.name);
  const taken = { bridge: 'taken', forwardingEnabled: false, tablePresent: false } as const;
  if (before && before.mac !== request.mac) return taken;
  if (!before && !addBridge(request)) return taken;
  const link = host.link(request.name);
  if (!link) throw new Error(`bridge ${request.name} vanished while it was set up`);
  ignoring('EEXIST', () => host.addAddress(link.index, request.address, request.prefixLength));
  if (!link.up) host.setUp(link.index);
  if (!before) rejoin(request.portPrefix, link.index);
  return {
    bridge: before ? 'present' : 'made',
    forwardingEnabled: enableForwarding(),
    tablePresent: hasNftTable(request.nftTable),
  };
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

function deleteBridge(name: string, mac: string): void {
  if (host.link(name)?.mac === mac) deleteLinks([name]);
}

/** The veths of running containers lost their bridge with the one that was deleted. */
function rejoin(prefix: string, bridge: number): void {
  for (const link of host.links()) {
    if (link.name.startsWith(prefix) && link.master === 0) host.setMaster(link.index, bridge);
  }
}

function enableForwarding(): boolean {
  const path = '/proc/sys/net/ipv4/ip_forward';
  if (readFileSync(path, 'utf8').trim() !== '0') return false;
  writeFileSync(path, '1');
  return true;
}

/** A namespace with its loopback up and the settings that Docker gives to every private one. */
function makeNamespace(path: string): void {
  createNamespace(path, () => {
    using inside = new RouteSocket();
    const loopback = inside.link('lo');
    if (loopback) inside.setUp(loopback.index);
    // The container's interface gets no IPv6 address of its own: it could not be reached or leave by it.
    setting('ipv6/conf/default/disable_ipv6', '1');
    // A container has its own ports and its own users: low ports and ping need no privilege there.
    setting('ipv4/ip_unprivileged_port_start', '0');
    setting('ipv4/ping_group_range', '0 2147483647');
  });
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

function connect(request: ConnectRequest): void {
  const bridge = host.link(request.bridge)?.index;
  if (bridge === undefined) throw new Error(`bridge ${request.bridge} is gone`);
  const namespaceFd = openSync(request.namespace, 'r');
  try {
    const peer = { name: 'eth0', mac: request.mac, namespaceFd };
    host.addVethPair({ name: request.veth, bridge, mtu: request.mtu, peer });
  } finally {
    closeSync(namespaceFd);
  }
  inNamespace(request.namespace, () => {
    using inside = new RouteSocket();
    const index = inside.link('eth0')?.index ?? 0;
    inside.addAddress(index, request.address, request.prefixLength);
    inside.setUp(index);
    inside.addDefaultRoute(index, request.gateway);
  });
}

function linkNames(prefix: string): string[] {
  return host
    .links()
    .map((link) => link.name)
    .filter((name) => name.startsWith(prefix));
}

function deleteLinks(names: readonly string[]): void {
  for (const name of names) {
    const link = host.link(name);
    if (link) ignoring('ENODEV', () => host.deleteLink(link.index));
  }
}

function ignoring(errno: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!isErrno(error, errno)) throw error;
  }
}
