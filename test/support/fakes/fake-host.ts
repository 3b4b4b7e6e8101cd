import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { notFound } from '../../../backend/base/errors.ts';
import type {
  AttachRequest,
  CreateNetworkRequest,
  Endpoint,
  EndpointRequest,
  NetworkRecord,
  Networks,
  Sandbox,
} from '../../../backend/network/networks.ts';
import type { Snapshotter } from '../../../backend/snapshot/snapshotter.ts';
import type {
  CopySource,
  CreateVolumeRequest,
  StagedContent,
  VolumeHold,
  VolumeRecord,
  Volumes,
} from '../../../backend/volume/volumes.ts';

/** Mounts are names in a set; `mounted` tells what was left behind. */
export class FakeSnapshotter implements Snapshotter {
  readonly driver = 'directory';
  readonly prepared = new Set<string>();
  readonly mounted = new Set<string>();
  prepareFunc?: Snapshotter['prepare'];
  mountFunc?: Snapshotter['mount'];
  checkMappedFunc?: () => Promise<void>;
  unmountFunc?: Snapshotter['unmount'];
  removeFunc?: Snapshotter['remove'];
  readonly #root: string;
  readonly #calls: string[];

  constructor(root: string, calls: string[] = []) {
    this.#root = root;
    this.#calls = calls;
  }

  async prepare(id: string, stack: Parameters<Snapshotter['prepare']>[1]): Promise<void> {
    await this.prepareFunc?.(id, stack);
    this.prepared.add(id);
  }

  async mount(id: string): Promise<string> {
    this.#calls.push('mount');
    await this.mountFunc?.(id);
    this.mounted.add(id);
    const rootfs = join(this.#root, id, 'rootfs');
    await mkdir(rootfs, { recursive: true });
    return rootfs;
  }

  async checkMapped(): Promise<void> {
    await this.checkMappedFunc?.();
  }

  async unmount(id: string): Promise<void> {
    this.#calls.push('unmount');
    await this.unmountFunc?.(id);
    this.mounted.delete(id);
  }

  async remove(id: string): Promise<void> {
    this.#calls.push('remove snapshot');
    await this.removeFunc?.(id);
    this.mounted.delete(id);
    this.prepared.delete(id);
  }

  upper(id: string): string {
    return join(this.#root, id, 'upper');
  }

  async usage(): Promise<{ bytes: number; inodes: number }> {
    return { bytes: 5, inodes: 1 };
  }
}

/** Endpoints by container; `attached` tells what was left behind. */
export class FakeNetworks implements Networks {
  readonly attached = new Set<string>();
  readonly byName = new Map<string, NetworkRecord>();
  attachFunc?: Networks['attach'];
  detachFunc?: Networks['detach'];
  recoverFunc?: (sandboxes: Parameters<Networks['recover']>[0]) => Promise<Sandbox[] | undefined>;
  readonly #calls: string[];

  constructor(calls: string[] = []) {
    this.#calls = calls;
  }

  list(): NetworkRecord[] {
    return ['bridge', 'host', 'none', ...this.byName.keys()].map((name) => this.get(name));
  }

  get(name: string): NetworkRecord {
    const known = this.byName.get(name);
    if (known) return known;
    if (name !== 'bridge' && name !== 'host' && name !== 'none') throw notFound(`network ${name} not found`);
    return fakeNetwork(name, name);
  }

  async create(request: CreateNetworkRequest): Promise<NetworkRecord> {
    const record = { ...fakeNetwork(request.name, 'bridge'), ...request, driver: 'bridge' as const };
    this.byName.set(request.name, record);
    return record;
  }

  async remove(name: string): Promise<void> {
    this.byName.delete(name);
  }

  members(): [] {
    return [];
  }

  async attach(request: AttachRequest): Promise<Sandbox> {
    this.#calls.push('connect');
    if (this.attachFunc) return this.attachFunc(request);
    const sandboxId = `sandbox-${request.containerId}`;
    this.attached.add(sandboxId);
    return {
      sandboxId,
      netnsPath: '/run/netns/none',
      endpoints: request.networks.map((wanted, index) => fakeEndpoint(sandboxId, wanted, index)),
      ports: [...request.ports],
    };
  }

  async detach(sandbox: Sandbox): Promise<void> {
    this.#calls.push('disconnect');
    await this.detachFunc?.(sandbox);
    this.attached.delete(sandbox.sandboxId);
  }

  async connect(sandbox: Sandbox, wanted: EndpointRequest): Promise<Sandbox> {
    const endpoint = fakeEndpoint(sandbox.sandboxId, wanted, sandbox.endpoints.length);
    return { ...sandbox, endpoints: [...sandbox.endpoints, endpoint] };
  }

  async disconnect(sandbox: Sandbox, network: string): Promise<Sandbox> {
    const endpoints = sandbox.endpoints.filter(({ networkName }) => networkName !== network);
    return { ...sandbox, endpoints };
  }

  async rename(sandbox: Sandbox, names: Readonly<Record<string, readonly string[]>>): Promise<Sandbox> {
    const endpoints = sandbox.endpoints.map((endpoint) => ({
      ...endpoint,
      dnsNames: names[endpoint.networkId] ?? endpoint.dnsNames,
    }));
    return { ...sandbox, endpoints };
  }

  async counters(): Promise<Record<string, never>> {
    return {};
  }

  async recover(sandboxes: Parameters<Networks['recover']>[0]): Promise<Sandbox[]> {
    this.#calls.push('recover networks');
    return (await this.recoverFunc?.(sandboxes)) ?? sandboxes.map(({ sandbox }) => sandbox);
  }

  async close(): Promise<void> {
    this.#calls.push('close');
  }
}

function fakeNetwork(name: string, driver: NetworkRecord['driver']): NetworkRecord {
  return {
    id: name,
    name,
    driver,
    bridge: null,
    created: '',
    internal: false,
    attachable: false,
    enableIPv4: true,
    enableIPv6: false,
    ipam: { options: {}, ranges: [] },
    options: {},
    labels: {},
  };
}

function fakeEndpoint(sandboxId: string, wanted: EndpointRequest, index: number): Endpoint {
  return {
    endpointId: `endpoint-${index}-${sandboxId}`,
    networkId: wanted.network,
    networkName: wanted.network,
    interface: `eth${index}`,
    address: wanted.ipv4 ?? `10.0.${index}.2`,
    prefixLength: 24,
    gateway: `10.0.${index}.1`,
    address6: wanted.ipv6,
    prefixLength6: 0,
    gateway6: null,
    mac: '02:00:00:00:00:02',
    dnsNames: [...wanted.dnsNames],
  };
}

export class FakeVolumes implements Volumes {
  readonly byName = new Map<string, VolumeRecord>();
  /** `volume container`, of those that were not let go. */
  readonly held = new Set<string>();
  holdFunc?: (hold: VolumeHold) => Promise<void>;
  copyUpFunc?: Volumes['copyUp'];
  removeFunc?: Volumes['remove'];
  #count = 0;

  list(): VolumeRecord[] {
    return [...this.byName.values()];
  }

  get(name: string): VolumeRecord {
    const volume = this.byName.get(name);
    if (!volume) throw notFound(`no such volume: ${name}`);
    return volume;
  }

  ensure(name: string | null): Promise<VolumeRecord> {
    return this.create({ name, driver: '', options: {}, labels: {} });
  }

  async create({ name, options, labels }: CreateVolumeRequest): Promise<VolumeRecord> {
    this.#count += 1;
    const key = name ?? `anonymous${this.#count}`;
    const volume = this.byName.get(key) ?? {
      name: key,
      driver: 'local' as const,
      mountpoint: `/volumes/${key}/_data`,
      createdAt: '',
      labels,
      options,
      anonymous: name === null,
    };
    this.byName.set(key, volume);
    return volume;
  }

  async hold(hold: VolumeHold): Promise<boolean> {
    await this.holdFunc?.(hold);
    this.held.add(`${hold.name} ${hold.holder}`);
    return true;
  }

  async release({ name, holder }: VolumeHold): Promise<boolean> {
    return this.held.delete(`${name} ${holder}`);
  }

  async recover(holds: readonly VolumeHold[]): Promise<void> {
    for (const { name, holder } of holds) this.held.add(`${name} ${holder}`);
  }

  async usage(): Promise<number> {
    return 7;
  }

  async stage(): Promise<StagedContent> {
    return { path: '/staged', [Symbol.asyncDispose]: async () => undefined };
  }

  stageNew(): Promise<StagedContent> {
    return this.stage();
  }

  async publish(): Promise<void> {
    // Nothing is staged here.
  }

  adopt(request: Pick<CreateVolumeRequest, 'name' | 'labels'>): Promise<VolumeRecord> {
    return this.create({ ...request, driver: '', options: {} });
  }

  async copyUp(name: string, source: CopySource): Promise<void> {
    await this.copyUpFunc?.(name, source);
  }

  async remove(name: string): Promise<void> {
    await this.removeFunc?.(name);
    this.byName.delete(name);
  }
}
