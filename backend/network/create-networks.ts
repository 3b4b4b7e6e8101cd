import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { KeyedLock } from '../base/keyed-lock.ts';
import type { Logger } from '../base/logger.ts';
import type { Layout } from '../store/layout.ts';
import type { Records } from '../store/records.ts';
import { attach } from './attach.ts';
import { Bridges } from './bridges.ts';
import { connect } from './connect.ts';
import { counters } from './counters.ts';
import { createNetwork } from './create-network.ts';
import { detach } from './detach.ts';
import { disconnect } from './disconnect.ts';
import { NameServers } from './dns/name-servers.ts';
import { Names } from './dns/names.ts';
import { Firewall } from './firewall/firewall.ts';
import type { RuleSet } from './firewall/rule-text.ts';
import { identityOf, type NetworkIdentity } from './identity.ts';
import { DEFAULT_POOLS } from './ipam/subnet-pools.ts';
import { KernelThread } from './kernel/kernel-thread.ts';
import { KnownNetworks } from './known-networks.ts';
import type { NetworkContext } from './network-context.ts';
import { openNetworkTables } from './network-records.ts';
import type { Networks } from './networks.ts';
import { Reclaim } from './reclaim.ts';
import { recover } from './recover.ts';
import { removeNetwork } from './remove-network.ts';
import { rename } from './rename.ts';
import { Sandboxes } from './sandboxes.ts';

export interface NetworksDependencies {
  layout: Layout;
  records: Records;
  logger: Logger;
  instance?: {
    /** The default bridge's name instead of `strata0`. */
    bridge?: string;
    /** Subnets to choose from instead of Docker's. */
    pools?: readonly string[];
  };
  /** Called before each step that the kernel or a record sees: where a test ends the daemon. */
  step?: (name: string) => void;
}

/** Reads the host's routes to plan the default bridge; nothing is made yet. */
export async function createNetworks(dependencies: NetworksDependencies): Promise<Networks> {
  const context = await createContext(dependencies);
  const { networks, sandboxes } = context;
  return {
    list: () => networks.records(),
    get: (nameOrId) => networks.get(nameOrId).record,
    create: (request) => createNetwork(context, request),
    remove: (nameOrId) => removeNetwork(context, nameOrId),
    members: (networkId) => sandboxes.inNetwork(networkId),
    attach: (request) => attach(context, request),
    detach: (sandbox) => detach(context, sandbox),
    connect: (sandbox, request) => connect(context, sandbox, request),
    disconnect: (sandbox, network) => disconnect(context, sandbox, network),
    rename: (sandbox, names) => rename(context, sandbox, names),
    counters: (sandbox) => counters(context, sandbox),
    recover: (lives) => recover(context, lives),
    close: () => close(context),
  };
}

async function createContext(dependencies: NetworksDependencies): Promise<NetworkContext> {
  const { layout, records, logger, instance, step = () => undefined } = dependencies;
  const tables = openNetworkTables(records);
  const identity = identityOf(layout.dataRoot);
  const kernel = new KernelThread();
  const namespaces = join(layout.runRoot, 'netns');
  await mkdir(namespaces, { recursive: true, mode: 0o711 });
  const networks = new KnownNetworks(tables.networks);
  const sandboxes = new Sandboxes(tables.sandboxes);
  const pools = instance?.pools ?? DEFAULT_POOLS;
  const shared = { kernel, networks, sandboxes, identity, logger };
  const bridges = new Bridges({ ...shared, wantedName: instance?.bridge, pools });
  await bridges.settle();
  return {
    ...shared,
    bridges,
    firewall: new Firewall(kernel, () => wantedRules(identity, networks, sandboxes), logger),
    locks: new KeyedLock(),
    names: new Names(),
    nameServers: new NameServers(),
    namespaces,
    pools,
    reclaim: new Reclaim(shared),
    step,
  };
}

function wantedRules(identity: NetworkIdentity, networks: KnownNetworks, sandboxes: Sandboxes): RuleSet {
  return {
    table: identity.nftTable,
    bridges: networks.all().flatMap(({ record: { bridge, internal, driver, ipam }, settings }) => {
      if (bridge === null || driver !== 'bridge') return [];
      const { icc, masquerade } = settings;
      return [{ name: bridge, subnets: ipam.ranges.map(({ subnet }) => subnet), internal, icc, masquerade }];
    }),
    translations: sandboxes.all().flatMap(({ translations }) => translations),
  };
}

/** Ends what answers for containers; those that run keep their network. */
async function close(context: NetworkContext): Promise<void> {
  await context.reclaim.finish();
  for (const { resolver, openPorts } of context.sandboxes.all()) {
    resolver?.close();
    await openPorts?.close();
  }
  await context.firewall.settle();
  await removeUnused(context);
  await context.kernel[Symbol.asyncDispose]();
}

/** Without a container the host gets back what was made on it. It is made again for the next one. */
async function removeUnused({
  networks,
  sandboxes,
  kernel,
  bridges,
  firewall,
}: NetworkContext): Promise<void> {
  const idle = networks.records().filter(({ id }) => sandboxes.inNetwork(id).length === 0);
  for (const record of idle)
    if (record.bridge !== null) await kernel.call('deleteBridge', record.bridge, bridges.macOf(record));
  const linked = sandboxes
    .all()
    .some(({ record }) => record.members.some(({ endpoint }) => endpoint.interface !== null));
  if (!linked && (await firewall.present())) await firewall.remove();
}
