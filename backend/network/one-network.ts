import type { AttachRequest, Endpoint, NetworkRecord, PortMapping, Sandbox } from './networks.ts';

export interface OneAttachRequest {
  containerId: string;
  network: string;
  ports: readonly PortMapping[];
  hostname: string;
}

/** A container in exactly one network. */
export interface OneEndpoint {
  endpointId: string;
  networkId: string;
  networkName: string;
  netnsPath: string | null;
  address: string | null;
  prefixLength: number;
  gateway: string | null;
  mac: string | null;
  ports: readonly PortMapping[];
}

export function toOneRequest({ containerId, networks, ports, hostname }: AttachRequest): OneAttachRequest {
  return { containerId, network: networks[0]?.network ?? 'none', ports, hostname };
}

export function toSandbox({ netnsPath, ports, ...rest }: OneEndpoint): Sandbox {
  const endpoint: Endpoint = {
    ...rest,
    interface: rest.address === null ? null : 'eth0',
    address6: null,
    prefixLength6: 0,
    gateway6: null,
    dnsNames: [],
  };
  return { sandboxId: rest.endpointId, netnsPath, endpoints: [endpoint], ports };
}

export function toOneEndpoint({ netnsPath, ports, endpoints: [endpoint] }: Sandbox): OneEndpoint {
  if (!endpoint) throw new Error('a sandbox without an endpoint');
  return { ...endpoint, netnsPath, ports };
}

export interface OneNetworkRecord {
  id: string;
  name: string;
  driver: 'bridge' | 'host' | 'none';
  bridge: string | null;
  subnet: string | null;
  gateway: string | null;
  created: string;
}

export function toNetworkRecord({ subnet, gateway, ...rest }: OneNetworkRecord): NetworkRecord {
  return {
    ...rest,
    internal: false,
    attachable: false,
    enableIPv4: true,
    enableIPv6: false,
    ipam: {
      options: {},
      ranges: subnet === null ? [] : [{ subnet, ipRange: '', gateway: gateway ?? '', auxAddresses: {} }],
    },
    options: {},
    labels: {},
  };
}
