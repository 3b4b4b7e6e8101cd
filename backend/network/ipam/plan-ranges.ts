import { forbidden } from '../../base/errors.ts';
import { overlap, parseSubnet, type Subnet } from '../../base/ip.ts';
import type { IpamRange, NetworkRecord } from '../networks.ts';
import { gatewayOf, pickSubnet, pickUla } from './subnet-pools.ts';

export interface RangePlan {
  wanted: readonly IpamRange[];
  enableIPv4: boolean;
  enableIPv6: boolean;
  networks: readonly NetworkRecord[];
  /** What the host knows the way to. */
  hostRanges: readonly Subnet[];
  pools: readonly string[];
  /** Of the daemon's own IPv6 prefix. */
  seed: string;
}

/**
 * The ranges of a new network with every subnet and gateway filled in. A subnet that the user names may lie in a
 * route of the host, as with Docker: it can be meant so. @throws forbidden for one that another network has
 */
export function planRanges(plan: RangePlan): IpamRange[] {
  const { wanted, enableIPv4, enableIPv6, networks, hostRanges, pools, seed } = plan;
  const named = wanted.filter(({ subnet }) => subnet !== '');
  for (const { subnet } of named) refuseOverlap(subnet, networks);
  refuseAmongThemselves(named);
  const taken = [...hostRanges, ...subnetsOf(networks), ...named.map(({ subnet }) => parseSubnet(subnet))];
  const has = (family: 4 | 6): boolean => named.some(({ subnet }) => parseSubnet(subnet).family === family);
  const picked = [
    ...(enableIPv4 && !has(4) ? [pickSubnet(pools, taken)] : []),
    ...(enableIPv6 && !has(6) ? [pickUla(seed, taken)] : []),
  ];
  return [
    ...picked.map(
      (subnet): IpamRange => ({ subnet, ipRange: '', gateway: '', auxAddresses: {}, picked: true }),
    ),
    ...named,
  ]
    .filter(({ subnet }) => (parseSubnet(subnet).family === 4 ? enableIPv4 : enableIPv6))
    .map((range) => ({ ...range, gateway: range.gateway || freeGateway(range) }));
}

function refuseOverlap(subnet: string, networks: readonly NetworkRecord[]): void {
  const range = parseSubnet(subnet);
  for (const { name, ipam } of networks) {
    const other = ipam.ranges.find((one) => overlap(parseSubnet(one.subnet), range));
    if (other) {
      throw forbidden(
        `invalid pool request: Pool overlaps with other one on this address space: ${subnet} overlaps with ${other.subnet} of network ${name}`,
      );
    }
  }
}

function refuseAmongThemselves(ranges: readonly IpamRange[]): void {
  for (const [index, { subnet }] of ranges.entries()) {
    const twin = ranges
      .slice(index + 1)
      .find((other) => overlap(parseSubnet(other.subnet), parseSubnet(subnet)));
    if (twin) {
      throw forbidden(
        `invalid pool request: Pool overlaps with other one on this address space: ${subnet} overlaps with ${twin.subnet}`,
      );
    }
  }
}

export function subnetsOf(networks: readonly NetworkRecord[]): Subnet[] {
  return networks.flatMap(({ ipam }) => ipam.ranges.map(({ subnet }) => parseSubnet(subnet)));
}

/** The first address of the range, or the next one where an auxiliary address has that. */
function freeGateway({ subnet, auxAddresses }: IpamRange): string {
  const taken = new Set(Object.values(auxAddresses));
  const range = parseSubnet(subnet);
  for (let first = range.first; ; first += 1n) {
    const candidate = gatewayOf({ ...range, first });
    if (!taken.has(candidate)) return candidate;
  }
}
