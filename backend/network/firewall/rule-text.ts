import { keyOf, type Translation } from './translations.ts';

export interface GuardedBridge {
  name: string;
  /** Of both families, in CIDR form. */
  subnets: readonly string[];
  /** Nothing gets in or out. */
  internal: boolean;
  /** Its containers may talk to one another. */
  icc: boolean;
  masquerade: boolean;
}

export interface RuleSet {
  table: string;
  bridges: readonly GuardedBridge[];
  translations: readonly Translation[];
}

/**
 * The whole of the daemon's own table as one `nft -f` transaction, which replaces whatever was there. Networks are
 * elements of sets and published ports of maps: the number of rules that a packet passes does not grow with
 * them, and single elements can be changed without this text. It needs nft 0.9.4 (2020) and Linux 5.2.
 */
export function ruleSetText({ table, bridges, translations }: RuleSet): string {
  const named = (wanted: (bridge: GuardedBridge) => boolean): string[] =>
    bridges.filter(wanted).map(({ name }) => `"${name}"`);
  const subnets = (family: 4 | 6): string[] =>
    bridges
      .filter(({ masquerade, internal }) => masquerade && !internal)
      .flatMap((bridge) => bridge.subnets.filter((subnet) => subnet.includes(':') === (family === 6)));
  return [
    removalText(table),
    `table inet ${table} {`,
    ...block(
      'set bridges',
      ['type ifname'],
      named(() => true),
    ),
    ...block(
      'set internal',
      ['type ifname'],
      named(({ internal }) => internal),
    ),
    ...block(
      'set within',
      ['type ifname . ifname'],
      named(({ icc }) => icc).map((name) => `${name} . ${name}`),
    ),
    ...block('set sources4', ['type ipv4_addr', 'flags interval'], subnets(4)),
    ...block('set sources6', ['type ipv6_addr', 'flags interval'], subnets(6)),
    ...portMaps(translations),
    ...CHAINS,
    '}',
    '',
  ].join('\n');
}

/** The transaction that removes the table, whether it exists or not, and that of releases before networks could be made. */
export function removalText(table: string): string {
  return ['inet', 'ip']
    .flatMap((family) => [`add table ${family} ${table}`, `delete table ${family} ${table}`])
    .join('\n');
}

function portMaps(translations: readonly Translation[]): string[] {
  const value = (family: string): string => `${family} . inet_service`;
  // A key that comes twice would make the kernel refuse everything.
  const unique = [...new Map(translations.map((one) => [keyOf(one), one])).values()];
  return ([4, 6] as const).flatMap((family) => {
    const address = `ipv${family}_addr`;
    const elements = (set: Translation['set']): string[] =>
      unique.filter((one) => one.set === set).map(element);
    return [
      ...block(
        `map ports${family}`,
        [`type ${address} . inet_proto . inet_service : ${value(address)}`],
        elements(`ports${family}`),
      ),
      ...block(
        `map anyport${family}`,
        [`type inet_proto . inet_service : ${value(address)}`],
        elements(`anyport${family}`),
      ),
    ];
  });
}

function element({ hostAddress, protocol, hostPort, address, port }: Translation): string {
  const host = hostAddress === null ? '' : `${hostAddress} . `;
  return `${host}${protocol} . ${hostPort} : ${address} . ${port}`;
}

function block(head: string, lines: readonly string[], elements: readonly string[]): string[] {
  const filled = elements.length > 0 ? [`elements = { ${elements.join(', ')} }`] : [];
  return [`  ${head} {`, ...[...lines, ...filled].map((line) => `    ${line}`), '  }'];
}

/** Led to the container that has the port. A packet without an entry in a map goes on to the next rule. */
const TRANSLATE = [
  'dnat ip to ip daddr . meta l4proto . th dport map @ports4',
  'dnat ip6 to ip6 daddr . meta l4proto . th dport map @ports6',
  'meta nfproto ipv4 fib daddr type local dnat ip to meta l4proto . th dport map @anyport4',
  'meta nfproto ipv6 fib daddr type local dnat ip6 to meta l4proto . th dport map @anyport6',
];

const CHAINS = Object.entries({
  prerouting: [
    'type nat hook prerouting priority -100; policy accept;',
    // A container that asks for a port of the host is answered by the listener. Translated, the answer of a
    // neighbour, or its own, would come straight over the bridge, from an address that it never asked.
    'iifname @bridges return',
    // Nothing is forwarded for a link-local sender: the listener answers it.
    'ip6 saddr fe80::/10 return',
    ...TRANSLATE,
  ],
  output: [
    'type nat hook output priority -100; policy accept;',
    'ip daddr 127.0.0.0/8 return',
    'ip6 daddr ::1 return',
    ...TRANSLATE,
  ],
  postrouting: [
    'type nat hook postrouting priority 100; policy accept;',
    'ip saddr @sources4 oifname != @bridges masquerade',
    'ip6 saddr @sources6 oifname != @bridges masquerade',
  ],
  // Nobody outside reaches a container, unless it was called from inside or the port is published.
  forward: [
    'type filter hook forward priority 0; policy accept;',
    'iifname . oifname @within accept',
    'iifname @internal drop',
    'oifname @internal drop',
    'oifname != @bridges accept',
    'ct state established,related accept',
    'ct status dnat accept',
    'drop',
  ],
}).flatMap(([name, lines]) => [`  chain ${name} {`, ...lines.map((line) => `    ${line}`), '  }']);
