import { CleanupStack } from '../base/cleanup-stack.ts';
import { conflict, forbidden, notFound } from '../base/errors.ts';
import { newNetworkId } from '../base/ids.ts';
import { parseSubnet } from '../base/ip.ts';
import { checkRanges } from './ipam/check-ranges.ts';
import { planRanges } from './ipam/plan-ranges.ts';
import { withMachineLock } from './machine-lock.ts';
import type { NetworkContext } from './network-context.ts';
import { explainParent, planParent } from './plan-parent.ts';
import { removeLink } from './remove-network.ts';
import { BRIDGE_NAME, parseOptions } from './network-options.ts';
import type { CreateNetworkRequest, IpamRange, NetworkRecord } from './networks.ts';

/** @throws conflict for a name in use, forbidden for a subnet in use, invalid-argument, not-implemented */
export function createNetwork(
  context: NetworkContext,
  request: CreateNetworkRequest,
): Promise<NetworkRecord> {
  return context.locks.run('networks', async () => {
    await using undo = new CleanupStack();
    // Another daemon sees which subnet is taken by the bridge that has it.
    const record = await withMachineLock(() => planAndLink(context, request, undo));
    context.step('create: rules');
    await context.firewall.apply();
    undo.release();
    return record;
  });
}

async function planAndLink(
  context: NetworkContext,
  request: CreateNetworkRequest,
  undo: CleanupStack,
): Promise<NetworkRecord> {
  const record = await plan(context, request);
  context.step('create: record');
  context.networks.put(record);
  undo.defer(() => context.networks.delete(record));
  context.step('create: link');
  undo.defer(() => removeLink(context, record));
  try {
    await context.bridges.ensure([record.id]);
  } catch (error) {
    throw explainParent(error);
  }
  return record;
}

async function plan(context: NetworkContext, request: CreateNetworkRequest): Promise<NetworkRecord> {
  const { networks, kernel, identity, pools } = context;
  const { name, driver, ipam, options } = request;
  if (networks.named(name)) throw conflict(`network with name ${name} already exists`);
  if (driver !== 'bridge' && driver !== 'macvlan' && driver !== 'ipvlan')
    throw notFound(`plugin "${driver}" not found`);
  checkRanges(ipam.ranges);
  refuseMany(driver, ipam.ranges);
  parseOptions({ driver, options });
  const id = newNetworkId();
  const bridge = driver === 'bridge' ? options[BRIDGE_NAME] || `br-${id.slice(0, 12)}` : null;
  refuseTwins(context, bridge);
  const madeLink = await planParent(context, { driver, options, id });
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
    ...(madeLink === undefined ? {} : { madeLink }),
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

/** One of each family, as with Docker's bridges; with its macvlan and ipvlan it could be more. */
function refuseMany(driver: string, ranges: readonly IpamRange[]): void {
  const families = ranges
    .filter(({ subnet }) => subnet !== '')
    .map(({ subnet }) => parseSubnet(subnet).family);
  if (new Set(families).size < families.length)
    throw forbidden(`${driver} driver doesn't support multiple subnets`);
}

function refuseTwins({ networks }: NetworkContext, bridge: string | null): void {
  const twin = networks.records().find((one) => bridge !== null && one.bridge === bridge);
  if (twin) throw conflict(`bridge name ${bridge} is already used by network ${twin.name}`);
}
