import { isIP } from 'node:net';
import { isUserDefined } from '../known-networks.ts';
import type { Member, SandboxRecord } from '../network-records.ts';
import type { Endpoint, NetworkRecord } from '../networks.ts';
import type { Names } from './names.ts';

export interface NameSources {
  readonly names: Names;
  readonly networks: { byId(id: string): { record: Pick<NetworkRecord, 'name'> } | undefined };
}

/**
 * The addresses that a name has for this container: those that its own user gave, then those of the first of its
 * networks that knows it.
 * @param name in lower case
 * @returns empty where the name has none of this family; undefined for a name that is not known here
 */
export function findName(
  sources: NameSources,
  { extraHosts, members }: SandboxRecord,
  name: string,
  family: 4 | 6,
): readonly string[] | undefined {
  const given = givenAddresses(extraHosts, name);
  if (given.length > 0) return given.filter((address) => isIP(address) === family);
  let known = false;
  for (const member of userDefined(sources, members)) {
    const endpoints = findInNetwork(sources, member, name);
    known ||= endpoints.length > 0;
    const addresses = endpoints
      .map(({ address, address6 }) => (family === 4 ? address : address6))
      .filter((address) => address !== null);
    if (addresses.length > 0) return addresses;
  }
  return known ? [] : undefined;
}

/** `name.network` of who has the address in one of the container's networks. @param address as formatIp writes it */
export function findAddress(
  sources: NameSources,
  { members }: SandboxRecord,
  address: string,
): string | undefined {
  for (const { endpoint } of userDefined(sources, members)) {
    const name = sources.names.reverse(endpoint.networkId, address);
    if (name !== undefined) return `${name}.${endpoint.networkName}`;
  }
  return undefined;
}

/** In entries such as `name:address`, `name=address` and `name:[address]`. */
function givenAddresses(extraHosts: readonly string[], name: string): string[] {
  return extraHosts.flatMap((entry) => {
    const separator = entry[name.length];
    if (separator !== ':' && separator !== '=') return [];
    if (entry.slice(0, name.length).toLowerCase() !== name) return [];
    const address = entry.slice(name.length + 1).replace(/^\[(.*)\]$/, '$1');
    return isIP(address) === 0 ? [] : [address];
  });
}

function userDefined({ networks }: NameSources, members: readonly Member[]): Member[] {
  return members.filter(({ endpoint }) => {
    const network = networks.byId(endpoint.networkId);
    return network !== undefined && isUserDefined(network.record);
  });
}

/** Bare, or with the network's name behind it. */
function findInNetwork(sources: NameSources, member: Member, name: string): readonly Endpoint[] {
  const found = findBare(sources, member, name);
  const suffix = `.${member.endpoint.networkName.toLowerCase()}`;
  if (found.length > 0 || !name.endsWith(suffix)) return found;
  return findBare(sources, member, name.slice(0, -suffix.length));
}

/** Only this container sees its links. */
function findBare({ names }: NameSources, { endpoint, links }: Member, name: string): readonly Endpoint[] {
  const link = links.find(({ alias }) => alias.toLowerCase() === name);
  return names.lookup(endpoint.networkId, link?.name ?? name);
}
