import { isIPv4 } from 'node:net';
import type { PortMapping } from './networks.ts';

export interface Published extends PortMapping {
  /** The container's. */
  address: string;
}

export interface RuleSet {
  table: string;
  bridges: readonly { name: string; subnet: string }[];
  published: readonly Published[];
}

const CHAINS = {
  prerouting: 'type nat hook prerouting priority -100; policy accept;',
  output: 'type nat hook output priority -100; policy accept;',
  postrouting: 'type nat hook postrouting priority 100; policy accept;',
  forward: 'type filter hook forward priority 0; policy accept;',
} as const;
type Chain = keyof typeof CHAINS;

/**
 * The whole of the daemon's own table as one `nft -f` transaction: chains that exist stay as they are, all
 * rules are replaced at once. Nothing has to be looked up or deleted one by one, so it heals whatever was
 * there, and it needs no newer nft than 0.9.
 */
export function ruleSetText(wanted: RuleSet): string {
  const { table } = wanted;
  const names = Object.keys(CHAINS) as Chain[];
  return [
    `add table ip ${table}`,
    ...names.map((name) => `add chain ip ${table} ${name} { ${CHAINS[name]} }`),
    `flush table ip ${table}`,
    ...ruleLines(table, { ...dnatRules(wanted), ...guardRules(wanted) }),
    '',
  ].join('\n');
}

/** Rules for further publications, empty where they need none; the table and its other rules must be there. */
export function additionText(added: RuleSet): string {
  return ruleLines(added.table, dnatRules(added))
    .map((line) => `${line}\n`)
    .join('');
}

function ruleLines(table: string, rules: Partial<Record<Chain, readonly string[]>>): string[] {
  return Object.entries(rules).flatMap(([chain, lines]) =>
    lines.map((line) => `add rule ip ${table} ${chain} ${line}`),
  );
}

function dnatRules({ bridges, published }: RuleSet): Record<'prerouting' | 'output', readonly string[]> {
  const dnat = published.flatMap(dnatRule);
  // A container that asks for a port of the host is answered by the listener. Translated, the answer of a
  // neighbour, or its own, would come straight over the bridge, from an address that it never asked.
  const foreign = bridges.map(({ name }) => `iifname != "${name}" `).join('');
  return {
    prerouting: dnat.map((rule) => `${foreign}${rule}`),
    // Loopback traffic is left to the userland listener: its addresses cannot be routed to a container.
    output: dnat.map((rule) => `ip daddr != 127.0.0.0/8 ${rule}`),
  };
}

function guardRules({ bridges }: RuleSet): Record<'postrouting' | 'forward', readonly string[]> {
  return {
    postrouting: bridges.map(({ name, subnet }) => `ip saddr ${subnet} oifname != "${name}" masquerade`),
    forward: bridges.flatMap(protect),
  };
}

/** The transaction that removes the table, whether it exists or not. */
export function removalText(table: string): string {
  return `add table ip ${table}\ndelete table ip ${table}\n`;
}

/** Containers have IPv4 addresses only; loopback and IPv6 publications work by their listener alone. */
function dnatRule({ protocol, hostAddress, hostPort, address, containerPort }: Published): string[] {
  if (!isIPv4(hostAddress) || hostAddress.startsWith('127.')) return [];
  const destination = hostAddress === '0.0.0.0' ? 'fib daddr type local' : `ip daddr ${hostAddress}`;
  return [`${destination} ${protocol} dport ${hostPort} dnat to ${address}:${containerPort}`];
}

/** Nobody outside reaches a container, unless it was called from inside or the port is published. */
function protect({ name }: { name: string }): string[] {
  return [
    `oifname "${name}" ct state established,related accept`,
    `oifname "${name}" ct status dnat accept`,
    `oifname "${name}" iifname "${name}" accept`,
    `oifname "${name}" drop`,
  ];
}
