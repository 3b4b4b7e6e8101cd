import { invalidArgument, notImplemented } from '../base/errors.ts';
import type { NetworkRecord } from './networks.ts';

/** What the driver's options say; those that it does not know are kept in the record and mean nothing. */
export interface NetworkSettings {
  /** Null: the way out's. */
  mtu: number | null;
  icc: boolean;
  masquerade: boolean;
  /** For published ports that name no address; empty: every one. */
  hostBinding: string;
  /** The bridge gets no IPv4 address. */
  inhibitIpv4: boolean;
  interfacePrefix: string;
  /** Of macvlan and ipvlan. */
  parent: string;
  subMode: number;
}

const BRIDGE = 'com.docker.network.bridge';
export const BRIDGE_NAME = `${BRIDGE}.name`;
const MACVLAN_MODES = { private: 1, vepa: 2, bridge: 4, passthru: 8 };
const IPVLAN_MODES = { l2: 0, l3: 1, l3s: 2 };

/** @throws invalid-argument naming the option, not-implemented for a mode that is not built */
export function parseOptions({
  driver,
  options,
}: Pick<NetworkRecord, 'driver' | 'options'>): NetworkSettings {
  for (const family of ['ipv4', 'ipv6']) {
    const mode = options[`${BRIDGE}.gateway_mode_${family}`] ?? 'nat';
    if (mode !== 'nat' && mode !== '')
      throw notImplemented(`${BRIDGE}.gateway_mode_${family}=${mode} is not supported, only nat is`);
  }
  return {
    mtu: parseMtu(options['com.docker.network.driver.mtu']),
    icc: flag(options, `${BRIDGE}.enable_icc`, true),
    masquerade: flag(options, `${BRIDGE}.enable_ip_masquerade`, true),
    hostBinding: options[`${BRIDGE}.host_binding_ipv4`] ?? '',
    inhibitIpv4: flag(options, `${BRIDGE}.inhibit_ipv4`, false),
    interfacePrefix: options['com.docker.network.container_iface_prefix'] ?? 'eth',
    parent: options['parent'] ?? '',
    subMode: parseSubMode(driver, options),
  };
}

function parseMtu(text: string | undefined): number | null {
  if (text === undefined || text === '') return null;
  const mtu = Number(text);
  if (!/^\d+$/.test(text) || (mtu !== 0 && (mtu < 68 || mtu > 65_535)))
    throw invalidArgument(
      `invalid com.docker.network.driver.mtu ${JSON.stringify(text)}: must be 68 to 65535`,
    );
  return mtu === 0 ? null : mtu;
}

/** As Go's strconv.ParseBool reads it. */
function flag(options: Readonly<Record<string, string>>, name: string, usual: boolean): boolean {
  const text = options[name];
  if (text === undefined) return usual;
  if (['1', 't', 'T', 'TRUE', 'true', 'True'].includes(text)) return true;
  if (['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(text)) return false;
  throw invalidArgument(`invalid value ${JSON.stringify(text)} of ${name}: must be true or false`);
}

function parseSubMode(driver: NetworkRecord['driver'], options: Readonly<Record<string, string>>): number {
  if (driver !== 'macvlan' && driver !== 'ipvlan') return 0;
  const modes: Readonly<Record<string, number>> = driver === 'macvlan' ? MACVLAN_MODES : IPVLAN_MODES;
  const name = options[`${driver}_mode`] ?? (driver === 'macvlan' ? 'bridge' : 'l2');
  const mode = modes[name];
  if (mode === undefined)
    throw invalidArgument(
      `unknown ${driver} mode ${JSON.stringify(name)}: must be one of ${Object.keys(modes).join(', ')}`,
    );
  return mode;
}
