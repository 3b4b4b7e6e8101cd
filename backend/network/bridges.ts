import { conflict, internal } from '../base/errors.ts';
import { parseSubnet, overlap } from '../base/ip.ts';
import { KeyedLock } from '../base/keyed-lock.ts';
import type { Logger } from '../base/logger.ts';
import type { NetworkIdentity } from './identity.ts';
import { subnetsOf } from './ipam/plan-ranges.ts';
import { gatewayOf, pickSubnet } from './ipam/subnet-pools.ts';
import type { BridgeRequest, BridgeState } from './kernel/host-calls.ts';
import type { KernelThread } from './kernel/kernel-thread.ts';
import type { KnownNetwork, KnownNetworks } from './known-networks.ts';
import { withMachineLock } from './machine-lock.ts';
import type { NetworkRecord } from './networks.ts';
import type { Sandboxes } from './sandboxes.ts';

export interface BridgesDependencies {
  kernel: KernelThread;
  networks: KnownNetworks;
  sandboxes: Sandboxes;
  identity: NetworkIdentity;
  logger: Logger;
  /** A name that the user asked for the default bridge: it is this one or none. */
  wantedName: string | undefined;
  pools: readonly string[];
}

const USUAL_NAME = 'strata0';

/** The networks' links on the host. That of the network `bridge` is planned at the start and made for its first container. */
export class Bridges {
  readonly #use: BridgesDependencies;
  readonly #lock = new KeyedLock();
  #mtu = 1500;
  #settled = false;

  constructor(dependencies: BridgesDependencies) {
    this.#use = dependencies;
  }

  /** Of the way out; networks that name none of their own have it. */
  get mtu(): number {
    return this.#mtu;
  }

  /**
   * Chooses name and subnet of the default bridge, or keeps the recorded ones. While no container uses the subnet it
   * is chosen again when the host has got a route into it, be it a VPN's or another daemon's.
   */
  async settle(): Promise<void> {
    const { kernel, identity, networks, wantedName, pools } = this.#use;
    const survey = await kernel.call('survey', [identity.bridgeMac, identity.macPrefix]);
    this.#mtu = survey.mtu;
    const { record } = this.#default;
    const hostRanges = survey.ranges.map(parseSubnet);
    const free = (subnet: string): boolean =>
      !hostRanges.some((range) => overlap(range, parseSubnet(subnet)));
    const [range] = record.ipam.ranges;
    const keep = range && (this.#portsOf(record.id).length > 0 || free(range.subnet));
    const others = networks.records().filter(({ id }) => id !== record.id);
    const subnet = keep ? range.subnet : pickSubnet(pools, [...hostRanges, ...subnetsOf(others)]);
    this.#adopt({
      ...record,
      bridge: wantedName ?? record.bridge ?? USUAL_NAME,
      ipam: {
        options: {},
        ranges: [
          { subnet, ipRange: '', gateway: gatewayOf(parseSubnet(subnet)), auxAddresses: {}, picked: true },
        ],
      },
    });
  }

  /** The links as they must be in the kernel, made or healed where they are not. @throws conflict for a name that is taken */
  ensure(ids: readonly string[]): Promise<void> {
    // Under a lock, so that containers which start together do not all find them missing.
    return this.#lock.run('', async () => {
      const withDefault = ids.includes(this.#default.record.id);
      if (withDefault && !this.#settled) await withMachineLock(() => this.#ensureFirst());
      else if (withDefault) await this.#ensureDefault();
      const others = ids
        .filter((id) => id !== this.#default.record.id)
        .flatMap((id) => this.#use.networks.byId(id) ?? []);
      await this.#ensureOthers(others.filter(({ record }) => record.bridge !== null));
      const parents = others.flatMap(({ record }) => record.madeLink ?? []);
      if (parents.length > 0) await this.#use.kernel.call('ensureParents', parents);
    });
  }

  get #default(): KnownNetwork {
    const network = this.#use.networks.named('bridge');
    if (!network) throw internal('the record of the network bridge is missing');
    return network;
  }

  async #ensureFirst(): Promise<void> {
    // Between the daemon's start and now another one may have taken the subnet.
    await this.settle();
    await this.#ensureDefault();
    this.#settled = true;
  }

  async #ensureDefault(): Promise<void> {
    const { identity, wantedName } = this.#use;
    const network = this.#default;
    const [state] = await this.#make([network]);
    if (state?.bridge !== 'taken') return;
    if (wantedName !== undefined || network.record.bridge === identity.spareBridge)
      throw taken(network.record);
    this.#adopt({ ...network.record, bridge: identity.spareBridge });
    await this.#ensureDefault();
  }

  async #ensureOthers(networks: readonly KnownNetwork[]): Promise<void> {
    if (networks.length === 0) return;
    const states = await this.#make(networks);
    const index = states.findIndex(({ bridge }) => bridge === 'taken');
    const refused = networks[index];
    if (refused) throw taken(refused.record);
  }

  async #make(networks: readonly KnownNetwork[]): Promise<BridgeState[]> {
    const { kernel, logger } = this.#use;
    const states = await kernel.call(
      'ensureBridges',
      networks.map((network) => this.#request(network)),
    );
    const enabled = new Set(states.flatMap(({ forwardingEnabled }) => forwardingEnabled));
    if (enabled.size > 0) {
      const why = 'forwarding was off and is on now: containers reach other machines through this one';
      logger.info({ families: [...enabled] }, why);
    }
    return states;
  }

  #request({ record, settings }: KnownNetwork): BridgeRequest {
    const addressed = record.driver === 'bridge' ? record.ipam.ranges : [];
    return {
      name: record.bridge ?? '',
      mac: this.macOf(record),
      mtu: settings.mtu ?? this.#mtu,
      addresses: addressed
        .filter(({ gateway }) => gateway.includes(':') || !settings.inhibitIpv4)
        .map(({ subnet, gateway }) => ({ address: gateway, prefixLength: parseSubnet(subnet).prefixLength })),
      ports: this.#portsOf(record.id),
      isolated: !settings.icc,
    };
  }

  macOf({ id, name }: Pick<NetworkRecord, 'id' | 'name'>): string {
    return name === 'bridge' ? this.#use.identity.bridgeMac : this.#use.identity.macOf(id);
  }

  #portsOf(networkId: string): string[] {
    const { sandboxes, identity } = this.#use;
    return sandboxes
      .all()
      .flatMap(({ record }) => record.members)
      .filter(({ endpoint }) => endpoint.networkId === networkId)
      .map(({ endpoint }) => identity.veth(endpoint.endpointId));
  }

  #adopt(record: NetworkRecord): void {
    const before = this.#default.record;
    if (JSON.stringify(before) !== JSON.stringify(record)) this.#use.networks.put(record);
  }
}

function taken({ bridge }: NetworkRecord): Error {
  return conflict(`the name of bridge ${bridge} is taken by a link that is not this daemon's`);
}
