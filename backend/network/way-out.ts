import type { Routes } from './kernel/namespace-calls.ts';
import type { Target } from './firewall/translations.ts';
import type { NetworkContext } from './network-context.ts';
import type { Member } from './network-records.ts';
import type { Endpoint } from './networks.ts';

/**
 * The endpoint that the default route leads through, and that ports are published on: the highest priority, then
 * one with both families, then the first by the network's name. Undefined where every network is internal.
 */
export function wayOut(members: readonly Member[], family: 4 | 6): Member | undefined {
  return members.filter((member) => leadsOut(member, family)).toSorted(compare)[0];
}

function leadsOut({ endpoint }: Member, family: 4 | 6): boolean {
  return endpoint.interface !== null && (family === 4 ? endpoint.gateway : endpoint.gateway6) !== null;
}

function compare(a: Member, b: Member): number {
  return b.gwPriority - a.gwPriority || families(b) - families(a) || byName(a, b);
}

function families({ endpoint }: Member): number {
  return (endpoint.gateway === null ? 0 : 1) + (endpoint.gateway6 === null ? 0 : 1);
}

function byName(a: Member, b: Member): number {
  return a.endpoint.networkName < b.endpoint.networkName ? -1 : 1;
}

export function routesOf(context: Pick<NetworkContext, 'networks'>, members: readonly Member[]): Routes {
  const v4 = wayOut(members, 4)?.endpoint;
  const v6 = wayOut(members, 6)?.endpoint;
  return {
    v4: v4 ? { ifname: v4.interface ?? '', gateway: nextHop(context, v4, v4.gateway) } : null,
    v6: v6 ? { ifname: v6.interface ?? '', gateway: nextHop(context, v6, v6.gateway6) } : null,
  };
}

/** An ipvlan that routes has no neighbours to ask: everything goes by its link. */
function nextHop(
  { networks }: Pick<NetworkContext, 'networks'>,
  { networkId }: Endpoint,
  gateway: string | null,
): string | null {
  const network = networks.byId(networkId);
  return network?.record.driver === 'ipvlan' && network.settings.subMode > 0 ? null : gateway;
}

/** Where published ports lead to: as with Docker, nowhere where the way out is a part of an interface of the host. */
export function targetOf(members: readonly Member[]): Target {
  const [v4, v6] = [wayOut(members, 4), wayOut(members, 6)];
  return {
    address: v4?.reachable ? v4.endpoint.address : null,
    address6: v6?.reachable ? v6.endpoint.address6 : null,
  };
}
