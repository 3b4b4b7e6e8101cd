import { createHash } from 'node:crypto';
import { resourceExhausted } from '../../base/errors.ts';
import { formatIp, formatSubnet, overlap, parseSubnet, type Subnet } from '../../base/ip.ts';

/** Docker's own: 172.17–172.31 as /16, then 192.168 in pieces of /20. */
export const DEFAULT_POOLS: readonly string[] = [
  ...Array.from({ length: 15 }, (_, index) => `172.${17 + index}.0.0/16`),
  ...Array.from({ length: 16 }, (_, index) => `192.168.${index * 16}.0/20`),
];

/**
 * Where the usual pools are used up: 200 networks want more than Docker's 31. Out of 10/8 only its upper end,
 * which few offices and clouds number their machines from.
 */
const SPARE_POOL_COUNT = 2048;
const sparePool = (index: number): string => `10.${255 - (index >> 4)}.${(index & 15) * 16}.0/20`;

const MAX_ULA = 65_536;

/** The first pool that touches nothing the host knows the way to. @throws resource-exhausted */
export function pickSubnet(pools: readonly string[], taken: readonly Subnet[]): string {
  const free = (pool: string): boolean => !taken.some((range) => overlap(parseSubnet(pool), range));
  const found = pools.find(free);
  if (found !== undefined) return formatSubnet(parseSubnet(found));
  if (pools === DEFAULT_POOLS) {
    for (let index = 0; index < SPARE_POOL_COUNT; index += 1) {
      if (free(sparePool(index))) return sparePool(index);
    }
  }
  throw resourceExhausted(
    `all predefined address pools have been fully subnetted: this machine has routes, addresses or networks in all ${pools.length} (${pools[0]} … ${pools.at(-1)})`,
  );
}

/** A /64 of this daemon's own unique local prefix (RFC 4193), which its data root makes as good as random. */
export function pickUla(seed: string, taken: readonly Subnet[]): string {
  const global = createHash('sha256').update(`ula ${seed}`).digest('hex').slice(0, 10);
  const prefix = BigInt(`0xfd${global}`) << 80n;
  for (let index = 0; index < MAX_ULA; index += 1) {
    const subnet: Subnet = { family: 6, first: prefix + (BigInt(index) << 64n), prefixLength: 64 };
    if (!taken.some((range) => overlap(subnet, range))) return formatSubnet(subnet);
  }
  throw resourceExhausted(`no free IPv6 subnet in fd${global}::/48`);
}

/** The first usable address is the bridge's. */
export function gatewayOf(subnet: Subnet): string {
  return formatIp({ family: subnet.family, value: subnet.first + 1n });
}
