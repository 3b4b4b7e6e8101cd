import { invalidArgument, notFound } from '../base/errors.ts';
import { parseSubnet } from '../base/ip.ts';
import type { RecordTable } from '../store/records.ts';
import { AddressPool } from './ipam/address-pool.ts';
import { parseOptions, type NetworkSettings } from './network-options.ts';
import type { NetworkRecord } from './networks.ts';

/** A network with what this process knows beyond its record. */
export interface KnownNetwork {
  readonly record: NetworkRecord;
  readonly settings: NetworkSettings;
  readonly pool4: AddressPool | null;
  readonly pool6: AddressPool | null;
}

const PREDEFINED: ReadonlySet<string> = new Set(['bridge', 'host', 'none']);

export const isPredefined = (name: string): boolean => PREDEFINED.has(name);

/** Its containers find one another by name, and may choose their address. */
export const isUserDefined = ({ name }: Pick<NetworkRecord, 'name'>): boolean => !isPredefined(name);

/** All networks, kept in memory: their records are read once, and written when they change. */
export class KnownNetworks {
  readonly #table: RecordTable<NetworkRecord>;
  readonly #networks = new Map<string, KnownNetwork>();

  constructor(table: RecordTable<NetworkRecord>) {
    this.#table = table;
    for (const record of table.all()) this.#networks.set(record.id, known(record));
  }

  all(): KnownNetwork[] {
    return [...this.#networks.values()];
  }

  records(): NetworkRecord[] {
    return this.all().map(({ record }) => record);
  }

  byId(id: string): KnownNetwork | undefined {
    return this.#networks.get(id);
  }

  named(name: string): KnownNetwork | undefined {
    return this.all().find(({ record }) => record.name === name);
  }

  /** By name, id or unique prefix of an id. @throws not-found, invalid-argument */
  get(nameOrId: string): KnownNetwork {
    const exact = this.#networks.get(nameOrId) ?? this.named(nameOrId);
    if (exact) return exact;
    const matches = /^[0-9a-f]+$/.test(nameOrId)
      ? this.all().filter(({ record }) => record.id.startsWith(nameOrId))
      : [];
    const [only] = matches;
    if (matches.length > 1) throw invalidArgument(`network id prefix ${nameOrId} is ambiguous`);
    if (!only) throw notFound(`network ${nameOrId} not found`);
    return only;
  }

  put(record: NetworkRecord): KnownNetwork {
    this.#table.put(keyOf(record), record);
    const network = known(record, this.#networks.get(record.id));
    this.#networks.set(record.id, network);
    return network;
  }

  delete(record: NetworkRecord): void {
    this.#table.delete(keyOf(record));
    this.#networks.delete(record.id);
  }
}

/** The three that always exist were recorded under their names from the beginning. */
function keyOf({ id, name }: NetworkRecord): string {
  return isPredefined(name) ? name : id;
}

/** Addresses that are given out stay so while the subnet is the same. */
function known(record: NetworkRecord, before?: KnownNetwork): KnownNetwork {
  const pool = (family: 4 | 6): AddressPool | null => {
    const range = record.ipam.ranges.find(({ subnet }) => parseSubnet(subnet).family === family);
    if (!range) return null;
    const old = before?.record.ipam.ranges.find(({ subnet }) => subnet === range.subnet);
    const kept = old ? before?.[`pool${family}`] : null;
    return kept ?? new AddressPool(range);
  };
  return { record, settings: parseOptions(record), pool4: pool(4), pool6: pool(6) };
}
