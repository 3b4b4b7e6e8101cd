import type { CreateNetworkRequest, IpamRange } from '../../../../backend/network/networks.ts';

/** What `docker network create NAME` asks for, with wishes. */
export function networkRequest(
  name: string,
  wishes: Partial<CreateNetworkRequest> = {},
): CreateNetworkRequest {
  return {
    name,
    driver: 'bridge',
    internal: false,
    attachable: false,
    enableIPv4: true,
    enableIPv6: false,
    ipam: { driver: 'default', options: {}, ranges: [] },
    options: {},
    labels: {},
    ...wishes,
  };
}

export function range(subnet: string, more: Partial<IpamRange> = {}): IpamRange {
  return { subnet, ipRange: '', gateway: '', auxAddresses: {}, ...more };
}
