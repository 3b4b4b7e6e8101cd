import type { NetworkMember } from '../../engine/networks/network-members.ts';
import type { IpamRange, NetworkRecord } from '../../network/networks.ts';

/** A network in lists and in inspect; `members` are shown by inspect alone. */
export function networkWire(
  network: NetworkRecord,
  members: readonly NetworkMember[] = [],
): Record<string, unknown> {
  const { name, id, created, driver, ipam } = network;
  return {
    Name: name,
    Id: id,
    Created: created,
    Scope: 'local',
    Driver: driverWire(driver),
    EnableIPv4: network.enableIPv4,
    EnableIPv6: network.enableIPv6,
    IPAM: {
      Driver: 'default',
      Options: Object.keys(ipam.options).length > 0 ? ipam.options : null,
      Config: ipam.ranges.map(rangeWire),
    },
    Internal: network.internal,
    Attachable: network.attachable,
    Ingress: false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: Object.fromEntries(members.map((member) => [member.container.id, memberWire(member)])),
    Options: name === 'bridge' ? { ...defaultOptions(network), ...network.options } : network.options,
    Labels: network.labels,
  };
}

/** By them clients tell the default bridge, and find its link on the host. */
function defaultOptions({ bridge }: NetworkRecord): Record<string, string> {
  return {
    'com.docker.network.bridge.default_bridge': 'true',
    'com.docker.network.bridge.enable_icc': 'true',
    'com.docker.network.bridge.enable_ip_masquerade': 'true',
    'com.docker.network.bridge.host_binding_ipv4': '0.0.0.0',
    ...(bridge === null ? {} : { 'com.docker.network.bridge.name': bridge }),
  };
}

/** Docker's word for the network `none`. */
export function driverWire(driver: NetworkRecord['driver']): string {
  return driver === 'none' ? 'null' : driver;
}

function rangeWire({ subnet, ipRange, gateway, auxAddresses }: IpamRange): Record<string, unknown> {
  return {
    Subnet: subnet,
    ...(ipRange === '' ? {} : { IPRange: ipRange }),
    ...(gateway === '' ? {} : { Gateway: gateway }),
    ...(Object.keys(auxAddresses).length === 0 ? {} : { AuxiliaryAddresses: auxAddresses }),
  };
}

function memberWire({ container, endpoint }: NetworkMember): Record<string, string> {
  const { address, prefixLength, address6, prefixLength6 } = endpoint;
  return {
    Name: container.name,
    EndpointID: endpoint.endpointId,
    MacAddress: endpoint.mac ?? '',
    IPv4Address: address === null ? '' : `${address}/${prefixLength}`,
    IPv6Address: address6 === null ? '' : `${address6}/${prefixLength6}`,
  };
}
