import { z } from 'zod';
import { newNetworkId } from '../base/ids.ts';
import type { Records, RecordTable } from '../store/records.ts';
import type { NetworkRecord } from './networks.ts';

const texts = z.record(z.string(), z.string());
const rangeSchema = z.object({
  subnet: z.string(),
  ipRange: z.string(),
  gateway: z.string(),
  auxAddresses: texts,
  picked: z.boolean().optional(),
});

const networkSchema = z.object({
  id: z.string(),
  name: z.string(),
  driver: z.enum(['bridge', 'host', 'none', 'macvlan', 'ipvlan']),
  bridge: z.string().nullable(),
  madeLink: z.string().optional(),
  created: z.string(),
  internal: z.boolean().default(false),
  attachable: z.boolean().default(false),
  enableIPv4: z.boolean().default(true),
  enableIPv6: z.boolean().default(false),
  ipam: z.object({ options: texts, ranges: z.array(rangeSchema) }).default({ options: {}, ranges: [] }),
  options: texts.default({}),
  labels: texts.default({}),
  /** Of releases before networks could be made: the only range. */
  subnet: z.string().nullish(),
  gateway: z.string().nullish(),
});

const networkRecordSchema = networkSchema.transform(({ subnet, gateway, ...record }): NetworkRecord => {
  if (!subnet || !gateway || record.ipam.ranges.length > 0) return record;
  const range = { subnet, ipRange: '', gateway, auxAddresses: {}, picked: true };
  return { ...record, ipam: { options: {}, ranges: [range] } };
});

const portSchema = z.object({
  protocol: z.enum(['tcp', 'udp', 'sctp']),
  containerPort: z.number(),
  hostAddress: z.string(),
  hostPort: z.number(),
  hostPortEnd: z.number().optional(),
});

const endpointSchema = z.object({
  endpointId: z.string(),
  networkId: z.string(),
  networkName: z.string(),
  interface: z.string().nullable(),
  address: z.string().nullable(),
  prefixLength: z.number(),
  gateway: z.string().nullable(),
  address6: z.string().nullable(),
  prefixLength6: z.number(),
  gateway6: z.string().nullable(),
  mac: z.string().nullable(),
  dnsNames: z.array(z.string()),
});

const memberSchema = z.object({
  endpoint: endpointSchema,
  links: z.array(z.object({ name: z.string(), alias: z.string() })),
  gwPriority: z.number(),
  /** The host can send to it, which it cannot to a part of one of its interfaces. */
  reachable: z.boolean().default(true),
});
export type Member = z.infer<typeof memberSchema>;

/** What the kernel may hold for a container. Written before it is made, so that a killed daemon leaves nothing unknown. */
const sandboxSchema = z.object({
  sandboxId: z.string(),
  containerId: z.string(),
  netnsPath: z.string().nullable(),
  hostname: z.string(),
  dns: z.object({ servers: z.array(z.string()), search: z.array(z.string()), options: z.array(z.string()) }),
  extraHosts: z.array(z.string()),
  /** As they were asked for, for the day when another network becomes the way out. */
  wantedPorts: z.array(portSchema),
  ports: z.array(portSchema),
  /** Of the resolver's sockets; null without a resolver. */
  resolverPort: z.number().nullable(),
  members: z.array(memberSchema),
});
export type SandboxRecord = z.infer<typeof sandboxSchema>;

export interface NetworkTables {
  networks: RecordTable<NetworkRecord>;
  sandboxes: RecordTable<SandboxRecord>;
}

/** Opens the tables; the three networks that always exist are recorded at the first start, so their ids stay. */
export function openNetworkTables(records: Records): NetworkTables {
  const networks = records.table<NetworkRecord>('networks', networkRecordSchema);
  const known = new Set(networks.all().map(({ name }) => name));
  for (const driver of ['bridge', 'host', 'none'] as const) {
    if (!known.has(driver)) networks.put(driver, blank(driver));
  }
  return { networks, sandboxes: records.table('network_sandboxes', sandboxSchema) };
}

function blank(driver: NetworkRecord['driver']): NetworkRecord {
  return {
    id: newNetworkId(),
    name: driver,
    driver,
    bridge: null,
    created: new Date().toISOString(),
    internal: false,
    attachable: false,
    enableIPv4: true,
    enableIPv6: false,
    ipam: { options: {}, ranges: [] },
    options: {},
    labels: {},
  };
}
