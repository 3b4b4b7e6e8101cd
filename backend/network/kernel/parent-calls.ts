import { isErrno } from '../../base/errors.ts';
import { host, ignoring } from './host-calls.ts';

/** What the host has of what a macvlan or ipvlan network wants to be a part of. */
export interface ParentState {
  /** The kernel has the driver. */
  driver: boolean;
  present: boolean;
  /** The interface that it would be a VLAN of. */
  basePresent: boolean;
  vlans: boolean;
}

export interface ParentQuestion {
  driver: 'macvlan' | 'ipvlan';
  parent: string;
}

export function lookAtParent({ driver, parent }: ParentQuestion): ParentState {
  const base = vlanOf(parent)?.base;
  return {
    driver: host.hasKind(driver),
    present: parent !== '' && host.link(parent) !== undefined,
    basePresent: base !== undefined && host.link(base) !== undefined,
    vlans: host.hasKind('vlan'),
  };
}

/** `eth0.50` is VLAN 50 of eth0. */
export function vlanOf(name: string): { base: string; id: number } | undefined {
  const [, base, id] = /^([^.]+)\.(\d{1,4})$/.exec(name) ?? [];
  return base === undefined ? undefined : { base, id: Number(id) };
}

/** Makes the links that are not there: VLANs, and dummies where the name says no VLAN. They end with a boot. @throws ENOTSUP */
export function ensureParents(names: readonly string[]): void {
  for (const name of names) if (!host.link(name)) makeParent(name);
}

function makeParent(name: string): void {
  const vlan = vlanOf(name);
  if (!vlan) return ignoring('EEXIST', () => host.addDummy(name));
  const base = host.link(vlan.base);
  if (!base) throw new Error(`interface ${vlan.base} is gone, which ${name} is a VLAN of`);
  try {
    host.addVlan(name, base.index, vlan.id);
  } catch (error) {
    // The interface is down: a VLAN of it cannot be up before it is.
    if (!isErrno(error, 'ENETDOWN')) throw error;
    if (!host.link(name)) throw error;
  }
}
