import { resourceExhausted } from '../base/errors.ts';
import { formatSubnet, overlap, parseSubnet, subnetSize, type Subnet } from './ipv4.ts';

/** Docker's own: 172.17–172.31 as /16, then 192.168 in pieces of /20. */
export const DEFAULT_POOLS: readonly string[] = [
  ...Array.from({ length: 15 }, (_, index) => `172.${17 + index}.0.0/16`),
  ...Array.from({ length: 16 }, (_, index) => `192.168.${index * 16}.0/20`),
];

/** The first pool that touches nothing the host knows the way to. @throws resource-exhausted */
export function pickSubnet(pools: readonly string[], taken: readonly Subnet[]): string {
  const free = pools.find((pool) => !taken.some((range) => overlap(parseSubnet(pool), range)));
  if (free !== undefined) return formatSubnet(parseSubnet(free));
  throw resourceExhausted(
    `no free subnet: this machine has routes or addresses in all ${pools.length} address pools (${pools[0]} … ${pools.at(-1)})`,
  );
}

/** The first usable address is the bridge's. */
export function gatewayOf(subnet: Subnet): number {
  return subnet.first + 1;
}

/** The last one is the broadcast address. */
export function lastUsable(subnet: Subnet): number {
  return subnet.first + subnetSize(subnet.prefixLength) - 2;
}
