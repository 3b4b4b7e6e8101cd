import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { invalidArgument, notFound } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Layout } from '../store/layout.ts';
import type { Records } from '../store/records.ts';
import { attach } from './attach.ts';
import { DefaultBridge } from './default-bridge.ts';
import { detach } from './detach.ts';
import { Firewall } from './firewall.ts';
import { identityOf, type NetworkIdentity } from './identity.ts';
import { KernelThread } from './kernel/kernel-thread.ts';
import type { NetworkContext } from './network-context.ts';
import { openNetworkTables, type NetworkTables } from './network-records.ts';
import { notImplemented } from '../base/errors.ts';
import type { Networks } from './networks.ts';
import {
  toNetworkRecord,
  toOneEndpoint,
  toOneRequest,
  toSandbox,
  type OneNetworkRecord as NetworkRecord,
} from './one-network.ts';
import type { RuleSet } from './nft-rules.ts';
import { Reclaim } from './reclaim.ts';
import { recover } from './recover.ts';
import { DEFAULT_POOLS } from './subnet-pools.ts';

export interface NetworksDependencies {
  layout: Layout;
  records: Records;
  logger: Logger;
  instance?: {
    /** The bridge's name instead of `strata0`. */
    bridge?: string;
    /** Subnets to choose from instead of Docker's. */
    pools?: readonly string[];
  };
}

/** Reads the host's routes to plan the bridge; nothing is made yet. */
export async function createNetworks(dependencies: NetworksDependencies): Promise<Networks> {
  const context = await createContext(dependencies);
  const { tables, listeners } = context;
  return {
    list: () => tables.networks.all().map(toNetworkRecord),
    get: (nameOrId) => toNetworkRecord(context.get(nameOrId)),
    create: later,
    remove: later,
    members: () => [],
    connect: later,
    disconnect: later,
    rename: async (sandbox) => sandbox,
    counters: later,
    attach: async (request) => toSandbox(await attach(context, toOneRequest(request))),
    detach: (sandbox) => detach(context, toOneEndpoint(sandbox)),
    recover: (sandboxes) =>
      recover(
        context,
        sandboxes.map(({ sandbox }) => toOneEndpoint(sandbox)),
      ),
    close: async () => {
      context.reclaim.stop();
      await Promise.all([...listeners.values()].map((close) => close()));
      listeners.clear();
      await context.firewall.settle();
      await removeUnused(context);
      await context.kernel[Symbol.asyncDispose]();
    },
  };
}

async function later(): Promise<never> {
  return Promise.reject(notImplemented('managing networks is not supported by this version of stratad'));
}

async function createContext({
  layout,
  records,
  logger,
  instance,
}: NetworksDependencies): Promise<NetworkContext> {
  const tables = openNetworkTables(records);
  const identity = identityOf(layout.dataRoot);
  const kernel = new KernelThread();
  const listeners = new Map<string, () => Promise<void>>();
  const namespaces = join(layout.runRoot, 'netns');
  await mkdir(namespaces, { recursive: true, mode: 0o711 });
  const wantedName = instance?.bridge;
  const pools = instance?.pools ?? DEFAULT_POOLS;
  const bridge = new DefaultBridge({ kernel, tables, identity, logger, wantedName, pools });
  await bridge.settle();
  const firewall = new Firewall(() => wantedRules(identity, bridge, tables), logger);
  const reclaim = new Reclaim({ kernel, identity, tables, logger });
  const get = (nameOrId: string): NetworkRecord => find(tables, nameOrId);
  return { bridge, firewall, identity, kernel, listeners, logger, namespaces, reclaim, tables, get };
}

function wantedRules(identity: NetworkIdentity, bridge: DefaultBridge, tables: NetworkTables): RuleSet {
  const { name, subnet } = bridge.plan;
  return {
    table: identity.nftTable,
    bridges: [{ name, subnet }],
    published: tables.endpoints
      .all()
      .flatMap(({ ports, address }) => (address === null ? [] : ports.map((port) => ({ ...port, address })))),
  };
}

function find(tables: NetworkTables, nameOrId: string): NetworkRecord {
  const all = tables.networks.all();
  const exact = all.find(({ name, id }) => name === nameOrId || id === nameOrId);
  if (exact) return exact;
  const matches = /^[0-9a-f]+$/.test(nameOrId) ? all.filter(({ id }) => id.startsWith(nameOrId)) : [];
  const [only] = matches;
  if (matches.length > 1) throw invalidArgument(`network id prefix ${nameOrId} is ambiguous`);
  if (!only) throw notFound(`network ${nameOrId} not found`);
  return only;
}

/** Without a container the host gets back what was made on it; running ones keep their network. */
async function removeUnused({ tables, kernel, identity, bridge, firewall }: NetworkContext): Promise<void> {
  if (tables.endpoints.all().some(({ address }) => address !== null)) return;
  await kernel.call('deleteBridge', bridge.plan.name, identity.bridgeMac);
  if (await kernel.call('hasNftTable', identity.nftTable)) await firewall.remove(identity.nftTable);
}
