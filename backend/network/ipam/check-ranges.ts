import { invalidArgument } from '../../base/errors.ts';
import {
  contains,
  formatSubnet,
  lastOf,
  parseSubnet,
  subnetOf,
  tryParseCidr,
  tryParseIp,
  type Subnet,
} from '../../base/ip.ts';
import type { IpamRange } from '../networks.ts';

/** Whether the ranges of a new network are well formed. @throws invalid-argument with every complaint, one a line, in Docker's words */
export function checkRanges(ranges: readonly IpamRange[]): void {
  const complaints = ranges.flatMap(complaintsAbout);
  if (complaints.length > 0) throw invalidArgument(`invalid network config:\n${complaints.join('\n')}`);
}

function complaintsAbout({ subnet: text, ipRange, gateway, auxAddresses }: IpamRange): string[] {
  if (text === '') {
    return ipRange === '' && gateway === '' && Object.keys(auxAddresses).length === 0
      ? []
      : [
          `invalid ip-range or gateway: no subnet is given for ${ipRange || gateway || Object.values(auxAddresses).join(', ')}`,
        ];
  }
  const cut = blockComplaint('subnet', text);
  if (cut !== null) return [cut];
  const subnet = parseSubnet(text);
  const widest = subnet.family === 4 ? 31 : 127;
  return [
    ...(subnet.prefixLength > widest ? [`invalid subnet ${text}: it has no room for a container`] : []),
    ...rangeComplaints(ipRange, subnet),
    ...(gateway === '' ? [] : addressComplaint('gateway', gateway, subnet)),
    ...Object.values(auxAddresses).flatMap((address) =>
      addressComplaint('auxiliary address', address, subnet),
    ),
  ];
}

function blockComplaint(what: string, text: string): string | null {
  const cidr = tryParseCidr(text);
  if (!cidr) return `invalid ${what} ${text}: invalid CIDR block notation`;
  const whole = subnetOf(cidr.ip, cidr.prefixLength);
  return whole.first === cidr.ip.value
    ? null
    : `invalid ${what} ${text}: it should be ${formatSubnet(whole)}`;
}

function rangeComplaints(text: string, subnet: Subnet): string[] {
  if (text === '') return [];
  const cut = blockComplaint('ip-range', text);
  if (cut !== null) return [cut];
  const range = parseSubnet(text);
  const inside =
    range.family === subnet.family && range.first >= subnet.first && lastOf(range) <= lastOf(subnet);
  if (inside) return [];
  return range.family === subnet.family && range.prefixLength < subnet.prefixLength
    ? [`invalid ip-range ${text}: CIDR block is bigger than its parent subnet ${formatSubnet(subnet)}`]
    : [`invalid ip-range ${text}: parent subnet ${formatSubnet(subnet)} doesn't contain ip-range`];
}

function addressComplaint(what: string, text: string, subnet: Subnet): string[] {
  const ip = tryParseIp(text);
  if (!ip) return [`invalid ${what} ${text}: invalid address`];
  return contains(subnet, ip)
    ? []
    : [`invalid ${what} ${text}: parent subnet ${formatSubnet(subnet)} doesn't contain this address`];
}
