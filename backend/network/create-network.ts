import { CleanupStack } from '../base/cleanup-stack.ts';
import { conflict, notFound } from '../base/errors.ts';
import { newNetworkId } from '../base/ids.ts';
import { parseSubnet } from '../base/ip.ts';
import { checkRanges } from './ipam/check-ranges.ts';
import { planRanges } from './ipam/plan-ranges.ts';
import type { NetworkContext } from './network-context.ts';
import { BRIDGE_NAME, parseOptions } from './network-options.ts';
import type { CreateNetworkRequest, NetworkRecord } from './networks.ts';

/** @throws conflict for a name in use, forbidden for a subnet in use, invalid-argument, not-implemented */
export function createNetwork(
  context: NetworkContext,
  request: CreateNetworkRequest,
): Promise<NetworkRecord> {
  return context.locks.run('networks', async () => {
    const record = await plan(context, request);
    await using undo = new CleanupStack();
    context.step('create: record');
    context.networks.put(record);
    undo.defer(() => context.networks.delete(record));
    context.step('create: link');
    undo.defer(() => context.reclaim.soon());
    await context.bridges.ensure([record.id]);
    context.step('create: rules');
    await context.firewall.apply();
    undo.release();
    return record;
  });
}

async function plan(context: NetworkContext, request: CreateNetworkRequest): Promise<NetworkRecord> {
  const { networks, kernel, identity, pools } = context;
  const { name, driver, ipam, options } = request;
  if (networks.named(name)) throw conflict(`network with name ${name} already exists`);
  if (driver !== 'bridge' && driver !== 'macvlan' && driver !== 'ipvlan')
    throw notFound(`plugin "${driver}" not found`);
  checkRanges(ipam.ranges);
  parseOptions({ driver, options });
  const id = newNetworkId();
  const bridge = driver === 'bridge' ? options[BRIDGE_NAME] || `br-${id.slice(0, 12)}` : null;
  refuseTwins(context, bridge);
  const { ranges: hostRanges } = await kernel.call('survey', [identity.bridgeMac, identity.macPrefix]);
  const ranges = planRanges({
    wanted: ipam.ranges,
    enableIPv4: request.enableIPv4,
    enableIPv6: request.enableIPv6,
    networks: networks.records(),
    hostRanges: hostRanges.map(parseSubnet),
    pools,
    seed: identity.nftTable,
  });
  return {
    id,
    name,
    driver,
    bridge,
    created: new Date().toISOString(),
    internal: request.internal,
    attachable: request.attachable,
    enableIPv4: request.enableIPv4,
    enableIPv6: request.enableIPv6,
    ipam: { options: { ...ipam.options }, ranges },
    options: { ...options },
    labels: { ...request.labels },
  };
}

function refuseTwins({ networks }: NetworkContext, bridge: string | null): void {
  const twin = networks.records().find((one) => bridge !== null && one.bridge === bridge);
  if (twin) throw conflict(`bridge name ${bridge} is already used by network ${twin.name}`);
}
