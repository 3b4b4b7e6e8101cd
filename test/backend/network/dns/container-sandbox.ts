import { silentLogger } from '../../../../backend/base/logger.ts';
import { NameServers } from '../../../../backend/network/dns/name-servers.ts';
import { Names } from '../../../../backend/network/dns/names.ts';
import type { ResolverContext } from '../../../../backend/network/dns/respond.ts';
import type { Member, SandboxRecord } from '../../../../backend/network/network-records.ts';
import type { LiveSandbox } from '../../../../backend/network/sandboxes.ts';

interface Place {
  network: string;
  names: string[];
  address?: string;
  address6?: string;
  links?: Member['links'];
  internal?: boolean;
}

/** A container's place in a network. Networks have their name as their id. */
export function memberOf(place: Place): Member {
  const { network, names, address = null, address6 = null, links = [], internal = false } = place;
  const endpoint = {
    endpointId: `${network}/${address ?? address6 ?? ''}`,
    networkId: network,
    networkName: network,
    interface: 'eth0',
    address,
    prefixLength: 24,
    gateway: address === null || internal ? null : '10.0.0.1',
    address6,
    prefixLength6: 64,
    gateway6: address6 === null || internal ? null : 'fd00::1',
    mac: null,
    dnsNames: names,
  };
  return { endpoint, links, gwPriority: 0, reachable: true };
}

/** A running container as its resolver sees it. */
export function sandboxOf(members: Member[], more: Partial<SandboxRecord> = {}): LiveSandbox {
  const record: SandboxRecord = {
    sandboxId: 'sandbox',
    containerId: 'container',
    netnsPath: null,
    hostname: 'host',
    dns: { servers: [], search: [], options: [] },
    extraHosts: [],
    wantedPorts: [],
    ports: [],
    resolverPort: 0,
    members,
    ...more,
  };
  return { record, openPorts: null, resolver: null, translations: [] };
}

/** What a daemon knows whose containers have these places, in networks of users and in the default one. */
export function contextOf(
  places: readonly Member[],
  nameServers: NameServers = new NameServers({ paths: { main: '/none', behindStub: '/none' } }),
): ResolverContext {
  const names = new Names();
  for (const { endpoint } of places) names.put(endpoint.networkId, endpoint);
  const networks = { byId: (id: string) => (id === 'gone' ? undefined : { record: { name: id } }) };
  return { logger: silentLogger, names, networks, nameServers };
}
