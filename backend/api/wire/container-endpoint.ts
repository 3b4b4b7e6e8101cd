import type { Container } from '../../engine/containers/container.ts';

/** `NetworkSettings.Networks`: one entry a network, empty addresses while the container does not run. */
export function endpointSettings({ hostConfig, endpoint, id }: Container): Record<string, unknown> {
  return {
    [endpoint?.networkName ?? hostConfig.networkMode]: {
      IPAMConfig: null,
      Links: null,
      Aliases: null,
      MacAddress: endpoint?.mac ?? '',
      DriverOpts: null,
      GwPriority: 0,
      NetworkID: endpoint?.networkId ?? '',
      EndpointID: endpoint?.endpointId ?? '',
      Gateway: endpoint?.gateway ?? '',
      IPAddress: endpoint?.address ?? '',
      IPPrefixLen: endpoint?.prefixLength ?? 0,
      IPv6Gateway: '',
      GlobalIPv6Address: '',
      GlobalIPv6PrefixLen: 0,
      DNSNames: endpoint ? [id.slice(0, 12)] : null,
    },
  };
}
