import { z } from 'zod';
import type { EndpointSettings } from '../../engine/containers/container-networks.ts';

const text = z.string().nullish();
const strings = z.array(z.string()).nullish();

/** What a client asks of one network. Fields that inspect fills, which clients send back as they got them, are not looked at. */
export const endpointSettingsWire = z.looseObject({
  Aliases: strings,
  Links: strings,
  MacAddress: text,
  DriverOpts: z.record(z.string(), z.string()).nullish(),
  GwPriority: z.int().nullish(),
  IPAMConfig: z.looseObject({ IPv4Address: text, IPv6Address: text, LinkLocalIPs: strings }).nullish(),
});

/** `NetworkingConfig` of POST /containers/create. */
export const networkingConfigWire = z.looseObject({
  EndpointsConfig: z.record(z.string(), endpointSettingsWire.nullable()).nullish(),
});

export function toEndpointSettings(
  wire: z.infer<typeof endpointSettingsWire> | null | undefined,
): EndpointSettings {
  const { IPAMConfig } = wire ?? {};
  return {
    networkId: '',
    aliases: wire?.Aliases ?? [],
    links: wire?.Links ?? [],
    mac: wire?.MacAddress || null,
    driverOpts: wire?.DriverOpts ?? {},
    gwPriority: wire?.GwPriority ?? 0,
    ipv4: IPAMConfig?.IPv4Address || null,
    ipv6: IPAMConfig?.IPv6Address || null,
    linkLocal: IPAMConfig?.LinkLocalIPs ?? [],
  };
}

/**
 * The networks that a request to create names. `MacAddress` of the container itself is how clients before API 1.44
 * say that of its main network.
 */
export function toNetworks(
  config: z.infer<typeof networkingConfigWire> | null | undefined,
  main: { networkMode: string; mac: string | null | undefined },
): Record<string, EndpointSettings> {
  const networks = Object.fromEntries(
    Object.entries(config?.EndpointsConfig ?? {}).map(([name, wire]) => [name, toEndpointSettings(wire)]),
  );
  if (!main.mac) return networks;
  const mode = main.networkMode === '' ? 'default' : main.networkMode;
  return { ...networks, [mode]: { ...(networks[mode] ?? toEndpointSettings(null)), mac: main.mac } };
}
