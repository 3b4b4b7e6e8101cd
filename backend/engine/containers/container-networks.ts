import { z } from 'zod';

const portSchema = z.object({
  protocol: z.enum(['tcp', 'udp', 'sctp']),
  containerPort: z.int(),
  hostAddress: z.string(),
  hostPort: z.int(),
});

/** What a container asks of a network that it is in: kept over stops, and echoed by inspect. */
export const endpointSettingsSchema = z.object({
  /** Empty where no network of this name was there yet. */
  networkId: z.string().default(''),
  aliases: z.array(z.string()),
  /** Static addresses; null for one of the network's choice. */
  ipv4: z.string().nullable(),
  ipv6: z.string().nullable(),
  linkLocal: z.array(z.string()),
  mac: z.string().nullable(),
  /** `container:alias` */
  links: z.array(z.string()),
  driverOpts: z.record(z.string(), z.string()),
  /** The highest one gives the default route. */
  gwPriority: z.int(),
});
export type EndpointSettings = z.infer<typeof endpointSettingsSchema>;

const endpointSchema = z.object({
  endpointId: z.string(),
  networkId: z.string(),
  networkName: z.string(),
  /** `eth0`; null in a network without an interface of its own (host, none). */
  interface: z.string().nullable(),
  address: z.string().nullable(),
  prefixLength: z.int(),
  gateway: z.string().nullable(),
  address6: z.string().nullable(),
  prefixLength6: z.int(),
  gateway6: z.string().nullable(),
  mac: z.string().nullable(),
  /** Under which the others of the network find it. Empty on the default bridge. */
  dnsNames: z.array(z.string()),
});

/** What a started container got of the network. */
export const sandboxSchema = z.object({
  sandboxId: z.string(),
  /** Path of the bound network namespace, null for the host's. */
  netnsPath: z.string().nullable(),
  endpoints: z.array(endpointSchema),
  ports: z.array(portSchema),
});

/** Records of the first version know the network mode alone; now no networks at all means what it says. */
export function withNetworks(record: unknown): unknown {
  const old = z.looseObject({
    networks: z.undefined(),
    hostConfig: z.looseObject({ networkMode: z.string() }),
  });
  const { success, data } = old.safeParse(record);
  if (!success) return record;
  const nothing = {
    aliases: [],
    ipv4: null,
    ipv6: null,
    linkLocal: [],
    mac: null,
    links: [],
    driverOpts: {},
  };
  return { ...data, networks: { [data.hostConfig.networkMode]: { ...nothing, gwPriority: 0 } } };
}
