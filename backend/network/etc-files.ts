import { isIP } from 'node:net';

export interface HostsRequest {
  hostname: string;
  domainname: string;
  /** One line each; none in the network `none`. */
  addresses: readonly string[];
  /** As `--add-host` takes them: `name:address` or `name=address`; the address `host-gateway` is the host's. */
  extraHosts: readonly string[];
  hostGateway?: string | null;
}

const LOCAL_HOSTS = [
  '127.0.0.1\tlocalhost',
  '::1\tlocalhost ip6-localhost ip6-loopback',
  'fe00::\tip6-localnet',
  'ff00::\tip6-mcastprefix',
  'ff02::1\tip6-allnodes',
  'ff02::2\tip6-allrouters',
];

/** /etc/hosts as Docker writes it. */
export function hostsFile({
  hostname,
  domainname,
  addresses,
  extraHosts,
  hostGateway,
}: HostsRequest): string {
  const extra = extraHosts.flatMap((entry) => extraHost(entry, hostGateway ?? null));
  const own = addresses.map((address) => hostsLine(address, { hostname, domainname }));
  return `${[...LOCAL_HOSTS, ...extra, ...own].join('\n')}\n`;
}

/** The container's own name at one of its addresses. */
export function hostsLine(
  address: string,
  { hostname, domainname }: Pick<HostsRequest, 'hostname' | 'domainname'>,
): string {
  return `${address}\t${domainname ? `${hostname}.${domainname} ${hostname}` : hostname}`;
}

function extraHost(entry: string, hostGateway: string | null): string[] {
  const [, name = '', value = ''] = /^([^:=]+)[:=](.*)$/.exec(entry) ?? [];
  const bare = value.replace(/^\[(.*)\]$/, '$1');
  const address = bare === 'host-gateway' ? hostGateway : bare;
  return name && address ? [`${address}\t${name}`] : [];
}

export interface ResolvOptions {
  /** `--dns`, `--dns-search`, `--dns-option`: each takes the place of the host's. A search of `.` means none. */
  dns: readonly string[];
  dnsSearch: readonly string[];
  dnsOptions: readonly string[];
  /** In the host's own network its loopback resolver can be reached; in a namespace of its own it cannot. */
  sharesHostNetwork?: boolean;
  /** The container is in a network whose names the engine's own resolver knows; that one asks the others. */
  hasOwnResolver?: boolean;
}

/** Where a container finds the engine's resolver. */
const OWN_RESOLVER = '127.0.0.11';

/** What Docker falls back to where the host names no resolver that a container could reach. */
const PUBLIC_RESOLVERS = ['8.8.8.8', '8.8.4.4'];

/** /etc/resolv.conf for a container, from the text of the host's. */
export function resolvConf(hostResolv: string, options: ResolvOptions): string {
  const host = parseResolv(hostResolv);
  const search = choose(options.dnsSearch, host.search).filter((domain) => domain !== '.');
  const dnsOptions = withDots(choose(options.dnsOptions, host.options), options);
  const lines = [
    '# Written by Strata when the container was made; it may be edited.',
    '',
    ...nameservers(host.nameservers, options).map((server) => `nameserver ${server}`),
    ...(search.length > 0 ? [`search ${search.join(' ')}`] : []),
    ...(dnsOptions.length > 0 ? [`options ${dnsOptions.join(' ')}`] : []),
  ];
  return `${lines.join('\n')}\n`;
}

function nameservers(host: readonly string[], options: ResolvOptions): readonly string[] {
  if (options.hasOwnResolver) return [OWN_RESOLVER];
  if (options.dns.length > 0) return options.dns;
  if (options.sharesHostNetwork) return host;
  // Containers have no IPv6 here, so they cannot ask an IPv6 resolver either.
  const reachable = host.filter((server) => isIP(server) === 4 && !isLoopback(server));
  return reachable.length > 0 ? reachable : PUBLIC_RESOLVERS;
}

/** Names of containers have no dot: they are asked for as they are before search domains are tried. */
function withDots(
  chosen: readonly string[],
  { hasOwnResolver, dnsOptions }: ResolvOptions,
): readonly string[] {
  const said = dnsOptions.some((option) => option.startsWith('ndots:'));
  if (!hasOwnResolver || said) return chosen;
  return [...chosen.filter((option) => !option.startsWith('ndots:')), 'ndots:0'];
}

/** Whether every resolver of this text is a local stub such as 127.0.0.53. */
export function hasOnlyLoopbackResolvers(resolv: string): boolean {
  const servers = parseResolv(resolv).nameservers;
  return servers.length > 0 && servers.every(isLoopback);
}

function isLoopback(server: string): boolean {
  return server.startsWith('127.') || server === '::1';
}

function choose(asked: readonly string[], inherited: readonly string[]): readonly string[] {
  return asked.length > 0 ? asked : inherited;
}

interface Resolv {
  nameservers: string[];
  search: string[];
  options: string[];
}

function parseResolv(text: string): Resolv {
  const resolv: Resolv = { nameservers: [], search: [], options: [] };
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line
      .replace(/[#;].*$/, '')
      .trim()
      .split(/\s+/);
    const first = values[0];
    if (keyword === 'nameserver' && first !== undefined) resolv.nameservers.push(first);
    // The last `search` or `domain` line counts, resolv.conf(5).
    else if (keyword === 'search' || keyword === 'domain') resolv.search = values;
    else if (keyword === 'options') resolv.options.push(...values);
  }
  return resolv;
}
