import { conflict, invalidArgument, notImplemented } from '../base/errors.ts';
import { vlanOf, type ParentState } from './kernel/parent-calls.ts';
import type { NetworkContext } from './network-context.ts';
import { parseOptions } from './network-options.ts';
import type { NetworkRecord } from './networks.ts';

const PASSTHRU = 8;
const MAX_VLAN = 4094;

type Planned = Pick<NetworkRecord, 'driver' | 'options' | 'id'>;

/**
 * Whether a macvlan or ipvlan network can be made. Returns the link that has to be made for it and goes with it: a
 * VLAN `eth0.50`, or a dummy where no parent is named, which leaves its containers among themselves.
 * @throws not-implemented naming what the kernel lacks, invalid-argument, conflict for a parent that is in use
 */
export async function planParent(context: NetworkContext, planned: Planned): Promise<string | undefined> {
  const { driver } = planned;
  if (driver !== 'macvlan' && driver !== 'ipvlan') return undefined;
  const { parent, subMode } = parseOptions(planned);
  const state = await context.kernel.call('lookAtParent', { driver, parent });
  if (!state.driver) throw lacks(driver, driver);
  if (parent === '') return `dm-${planned.id.slice(0, 12)}`;
  if (parent === 'lo') throw invalidArgument(`loopback interface is not a valid ${driver} parent link`);
  refuseShared(context, driver, parent, subMode);
  if (!state.present) checkVlan(parent, state);
  return state.present ? undefined : parent;
}

function lacks(what: string, module: string): Error {
  return notImplemented(
    `the kernel of this machine has no ${what}: the module ${module} is neither loaded nor built in`,
  );
}

/** A kernel without dummies says so when one is made. */
export function explainParent(error: unknown): Error {
  const missing = error instanceof Error && 'code' in error && error.code === 'ENOTSUP';
  return missing
    ? lacks('dummy interfaces, which a network without the option parent needs', 'dummy')
    : error instanceof Error
      ? error
      : new Error(String(error));
}

/** Several macvlan networks may be parts of one interface, unless one wants it for itself. */
function refuseShared(
  { networks }: NetworkContext,
  driver: NetworkRecord['driver'],
  parent: string,
  subMode: number,
): void {
  for (const { record, settings } of networks.all()) {
    if (settings.parent !== parent || (record.driver !== 'macvlan' && record.driver !== 'ipvlan')) continue;
    const alone = subMode === PASSTHRU || settings.subMode === PASSTHRU;
    if (driver === 'macvlan' && record.driver === 'macvlan' && !alone) continue;
    throw conflict(`network ${record.name} is already using parent interface ${parent}`);
  }
}

function checkVlan(parent: string, { basePresent, vlans }: ParentState): void {
  const vlan = vlanOf(parent);
  if (!vlan)
    throw invalidArgument(
      `parent interface ${parent} was not found on this machine, and it is no valid subinterface vlan name: example formatting is eth0.10`,
    );
  if (vlan.id < 1 || vlan.id > MAX_VLAN)
    throw invalidArgument(`vlan id must be between 1-${MAX_VLAN}, received: ${vlan.id}`);
  if (!basePresent) throw invalidArgument(`-o parent interface was not found on the host: ${vlan.base}`);
  if (!vlans) throw lacks('VLANs', '8021q');
}
