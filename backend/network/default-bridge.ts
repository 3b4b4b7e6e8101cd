import { conflict, internal } from '../base/errors.ts';
import { KeyedLock } from '../base/keyed-lock.ts';
import type { Logger } from '../base/logger.ts';
import { AddressPool } from './address-pool.ts';
import type { NetworkIdentity } from './identity.ts';
import { formatAddress, overlap, parseSubnet } from './ipv4.ts';
import type { BridgeState } from './kernel/kernel-calls.ts';
import type { KernelThread } from './kernel/kernel-thread.ts';
import { withMachineLock } from './machine-lock.ts';
import type { NetworkTables } from './network-records.ts';
import { gatewayOf, pickSubnet } from './subnet-pools.ts';

export interface DefaultBridgeDependencies {
  kernel: KernelThread;
  tables: NetworkTables;
  identity: NetworkIdentity;
  logger: Logger;
  /** A name that the user asked for: it is this one or none. */
  wantedName: string | undefined;
  pools: readonly string[];
}

export interface BridgePlan {
  id: string;
  name: string;
  subnet: string;
  gateway: string;
  prefixLength: number;
}

const USUAL_NAME = 'strata0';

/** The bridge of the network `bridge`: planned when the daemon starts, made when the first container needs it. */
export class DefaultBridge {
  readonly #use: DefaultBridgeDependencies;
  readonly #lock = new KeyedLock();
  #mtu = 1500;
  #settled = false;
  #plan: BridgePlan | undefined;
  #addresses: AddressPool | undefined;

  constructor(dependencies: DefaultBridgeDependencies) {
    this.#use = dependencies;
  }

  get plan(): BridgePlan {
    if (!this.#plan) throw internal('the bridge network is not planned yet');
    return this.#plan;
  }

  get addresses(): AddressPool {
    if (!this.#addresses) throw internal('the bridge network is not planned yet');
    return this.#addresses;
  }

  get mtu(): number {
    return this.#mtu;
  }

  /**
   * Chooses name and subnet, or keeps the recorded ones. While no container uses the subnet it is chosen
   * again when the host has got a route into it, be it a VPN's or another daemon's.
   */
  async settle(): Promise<void> {
    const { kernel, tables, identity, wantedName, pools } = this.#use;
    const { ranges, mtu } = await kernel.call('survey', identity.bridgeMac);
    this.#mtu = mtu;
    const record = tables.networks.get('bridge');
    if (!record) throw internal('the record of the network bridge is missing');
    const free = (subnet: string): boolean => !ranges.some((range) => overlap(range, parseSubnet(subnet)));
    const inUse = tables.endpoints.all().some(({ address }) => address !== null);
    const keep = record.subnet !== null && (inUse || free(record.subnet));
    const subnet = keep && record.subnet !== null ? record.subnet : pickSubnet(pools, ranges);
    const gateway = formatAddress(gatewayOf(parseSubnet(subnet)));
    this.#adopt({ ...record, bridge: wantedName ?? record.bridge ?? USUAL_NAME, subnet, gateway });
  }

  /** The bridge as it must be in the kernel, made or healed where it is not. @throws conflict for a name that is taken */
  ensure(): Promise<BridgeState> {
    // Under a lock, so that containers which start together do not all find it missing.
    return this.#lock.run('bridge', async () => {
      const state = await (this.#settled ? this.#ensureNamed() : withMachineLock(() => this.#ensureFirst()));
      if (state.forwardingEnabled) {
        const why =
          'net.ipv4.ip_forward was off and is on now: containers reach other machines through this one';
        this.#use.logger.info({ bridge: this.plan.name }, why);
      }
      return state;
    });
  }

  async #ensureFirst(): Promise<BridgeState> {
    // Between the daemon's start and now another one may have taken the subnet.
    await this.settle();
    const state = await this.#ensureNamed();
    this.#settled = true;
    return state;
  }

  async #ensureNamed(): Promise<BridgeState> {
    const state = await this.#ensureOnce();
    if (state.bridge !== 'taken') return state;
    const { name } = this.plan;
    const { identity, wantedName, tables } = this.#use;
    const record = tables.networks.get('bridge');
    if (record && wantedName === undefined && name !== identity.spareBridge) {
      this.#adopt({ ...record, bridge: identity.spareBridge });
      return this.#ensureNamed();
    }
    throw conflict(`the name of bridge ${name} is taken by a link that is not this daemon's`);
  }

  #ensureOnce(): Promise<BridgeState> {
    const { kernel, identity } = this.#use;
    return kernel.call('ensureBridge', {
      name: this.plan.name,
      mac: identity.bridgeMac,
      mtu: this.#mtu,
      address: this.plan.gateway,
      prefixLength: this.plan.prefixLength,
      portPrefix: identity.vethPrefix,
      nftTable: identity.nftTable,
    });
  }

  #adopt(record: NonNullable<ReturnType<NetworkTables['networks']['get']>>): void {
    const { id, bridge: name, subnet, gateway } = record;
    if (name === null || subnet === null || gateway === null)
      throw internal('the bridge network has no plan');
    const { tables } = this.#use;
    const before = tables.networks.get('bridge');
    const changed = before?.bridge !== name || before.subnet !== subnet || before.gateway !== gateway;
    if (changed) tables.networks.put('bridge', record);
    if (this.#plan?.subnet !== subnet) this.#addresses = this.#poolOf(subnet);
    this.#plan = { id, name, subnet, gateway, prefixLength: parseSubnet(subnet).prefixLength };
  }

  #poolOf(subnet: string): AddressPool {
    const pool = new AddressPool(subnet);
    for (const { address } of this.#use.tables.endpoints.all()) if (address !== null) pool.reserve(address);
    return pool;
  }
}
