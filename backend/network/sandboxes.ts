import { notFound } from '../base/errors.ts';
import type { RecordTable } from '../store/records.ts';
import type { Resolver } from './dns/resolver.ts';
import { translationsOf, type Translation } from './firewall/translations.ts';
import type { SandboxRecord } from './network-records.ts';
import type { Endpoint, PortMapping, Sandbox } from './networks.ts';
import type { OpenPorts } from './ports/open-ports.ts';
import { targetOf } from './way-out.ts';

/** A container's network as this process holds it. */
export interface LiveSandbox {
  record: SandboxRecord;
  /** What ends with this process; the rest of what a sandbox holds outlives it. */
  openPorts: OpenPorts | null;
  resolver: Resolver | null;
  /** What the kernel is to lead to it; made of the record. */
  translations: readonly Translation[];
}

/** All sandboxes, kept in memory: their records are read once, and written when they change. */
export class Sandboxes {
  readonly #table: RecordTable<SandboxRecord>;
  readonly #live = new Map<string, LiveSandbox>();

  constructor(table: RecordTable<SandboxRecord>) {
    this.#table = table;
    for (const record of table.all()) this.hold(record);
  }

  all(): LiveSandbox[] {
    return [...this.#live.values()];
  }

  get(sandboxId: string): LiveSandbox | undefined {
    return this.#live.get(sandboxId);
  }

  /** @throws not-found */
  find(sandboxId: string): LiveSandbox {
    const live = this.#live.get(sandboxId);
    if (!live) throw notFound(`sandbox ${sandboxId} not found: its container has no network now`);
    return live;
  }

  inNetwork(networkId: string): { containerId: string; endpoint: Endpoint }[] {
    return this.all().flatMap(({ record: { containerId, members } }) =>
      members.flatMap(({ endpoint }) =>
        endpoint.networkId === networkId ? [{ containerId, endpoint }] : [],
      ),
    );
  }

  /** Known to this process, so that its network is not removed under it; nothing is written yet. */
  hold(record: SandboxRecord): LiveSandbox {
    const live: LiveSandbox = {
      record,
      openPorts: null,
      resolver: null,
      translations: translationsOf(record.ports, targetOf(record.members)),
    };
    this.#live.set(record.sandboxId, live);
    return live;
  }

  save(live: LiveSandbox): void {
    // A detach that came between must not be undone.
    if (this.#live.get(live.record.sandboxId) === live) this.#table.put(live.record.sandboxId, live.record);
  }

  delete(sandboxId: string): void {
    this.#live.delete(sandboxId);
    this.#table.delete(sandboxId);
  }

  /** The container of ours that has this host port. */
  ownerOf(wanted: PortMapping): string | undefined {
    const same = (port: PortMapping): boolean =>
      port.protocol === wanted.protocol && port.hostPort === wanted.hostPort;
    return this.all().find(({ record }) => record.ports.some(same))?.record.containerId;
  }
}

export function toSandbox({ sandboxId, netnsPath, members, ports }: SandboxRecord): Sandbox {
  return { sandboxId, netnsPath, endpoints: members.map(({ endpoint }) => endpoint), ports };
}
