import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';
import { invalidArgument } from '../../base/errors.ts';
import type { IpamRange, NetworkRecord } from '../../network/networks.ts';
import type { EndpointSettings } from '../containers/container-networks.ts';
import { isPredefined } from './network-names.ts';

/**
 * Whether these settings fit the network, in Docker's words. The network may be missing as yet: then only what
 * the settings themselves say is looked at.
 * @throws invalid-argument with every complaint, one a line
 */
export function checkEndpoint(
  name: string,
  network: NetworkRecord | undefined,
  settings: EndpointSettings,
): void {
  const complaints = [
    ...predefinedComplaints(name, settings),
    ...addressComplaints(settings),
    ...(network ? rangeComplaints(network, settings) : []),
  ];
  if (complaints.length > 0) throw invalidArgument(`invalid endpoint settings:\n${complaints.join('\n')}`);
}

function predefinedComplaints(name: string, { ipv4, ipv6, aliases }: EndpointSettings): string[] {
  if (!isPredefined(name)) return [];
  return [
    ...(ipv4 === null && ipv6 === null
      ? []
      : ['user specified IP address is supported on user defined networks only']),
    ...(aliases.length === 0
      ? []
      : ['network-scoped alias is supported only for containers in user defined networks']),
  ];
}

function addressComplaints({ ipv4, ipv6, linkLocal, mac }: EndpointSettings): string[] {
  return [
    ...(ipv4 === null || (isIPv4(ipv4) && ipv4 !== '0.0.0.0') ? [] : [`invalid IPv4 address: ${ipv4}`]),
    ...(ipv6 === null || (isIPv6(ipv6) && ipv6 !== '::') ? [] : [`invalid IPv6 address: ${ipv6}`]),
    ...linkLocal
      .filter((address) => isIP(address) === 0)
      .map((address) => `invalid link-local IP address: ${address}`),
    ...(mac === null || isMac(mac) ? [] : [`invalid MAC address ${mac}`]),
  ];
}

/** Of a single station: a multicast address cannot be an interface's own. */
function isMac(text: string): boolean {
  return (
    /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i.test(text.replaceAll('-', ':')) &&
    (Number.parseInt(text, 16) & 1) === 0
  );
}

function rangeComplaints({ name, ipam }: NetworkRecord, { ipv4, ipv6 }: EndpointSettings): string[] {
  // Said above already.
  if (isPredefined(name)) return [];
  return [
    ...(ipv4 !== null && isIPv4(ipv4) ? oneRange(ipv4, 'ipv4', ipam.ranges) : []),
    ...(ipv6 !== null && isIPv6(ipv6) ? oneRange(ipv6, 'ipv6', ipam.ranges) : []),
  ];
}

function oneRange(address: string, family: 'ipv4' | 'ipv6', ranges: readonly IpamRange[]): string[] {
  // A subnet that the engine picked may be another one when the network is made again.
  const configured = ranges.filter(
    ({ subnet, picked }) => !picked && (family === 'ipv6') === subnet.includes(':'),
  );
  if (configured.length === 0) {
    return [
      'user specified IP address is supported only when connecting to networks with user configured subnets',
    ];
  }
  return configured.some(({ subnet }) => contains(subnet, address, family))
    ? []
    : [`no configured subnet or ip-range contain the IP address ${address}`];
}

function contains(subnet: string, address: string, family: 'ipv4' | 'ipv6'): boolean {
  const [base = '', bits = ''] = subnet.split('/');
  const list = new BlockList();
  list.addSubnet(base, Number(bits), family);
  return list.check(address, family);
}
