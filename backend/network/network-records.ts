import { z } from 'zod';
import { newNetworkId } from '../base/ids.ts';
import type { Records, RecordTable } from '../store/records.ts';
import type { OneNetworkRecord as NetworkRecord } from './one-network.ts';

const networkSchema: z.ZodType<NetworkRecord> = z.object({
  id: z.string(),
  name: z.string(),
  driver: z.enum(['bridge', 'host', 'none']),
  bridge: z.string().nullable(),
  subnet: z.string().nullable(),
  gateway: z.string().nullable(),
  created: z.string(),
});

/** What the kernel may hold for an endpoint. Written before it is made, so that a killed daemon leaves nothing unknown. */
const endpointSchema = z.object({
  endpointId: z.string(),
  containerId: z.string(),
  netnsPath: z.string(),
  address: z.string().nullable(),
  ports: z.array(
    z.object({
      protocol: z.enum(['tcp', 'udp', 'sctp']),
      containerPort: z.number(),
      hostAddress: z.string(),
      hostPort: z.number(),
    }),
  ),
});
export type EndpointRecord = z.infer<typeof endpointSchema>;

export interface NetworkTables {
  networks: RecordTable<NetworkRecord>;
  endpoints: RecordTable<EndpointRecord>;
}

/** Opens the tables; the three networks that always exist are recorded at the first start, so their ids stay. */
export function openNetworkTables(records: Records): NetworkTables {
  const networks = records.table('networks', networkSchema);
  const known = new Set(networks.all().map(({ name }) => name));
  for (const driver of ['bridge', 'host', 'none'] as const) {
    if (!known.has(driver)) networks.put(driver, blank(driver));
  }
  return { networks, endpoints: records.table('network_endpoints', endpointSchema) };
}

function blank(driver: NetworkRecord['driver']): NetworkRecord {
  return {
    id: newNetworkId(),
    name: driver,
    driver,
    bridge: null,
    subnet: null,
    gateway: null,
    created: new Date().toISOString(),
  };
}
