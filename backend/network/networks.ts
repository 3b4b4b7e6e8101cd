/** A published port. Addresses as text, ports 1…65535. */
export interface PortMapping {
  protocol: 'tcp' | 'udp' | 'sctp';
  containerPort: number;
  /** Empty: every address of both families. */
  hostAddress: string;
  /** 0: the engine picks a free one. */
  hostPort: number;
  /** Of a request: the last one of a range, of which the first free one is taken. */
  hostPortEnd?: number | undefined;
}

/** One address range of a network. Subnets in CIDR form; empty strings where nothing is said. */
export interface IpamRange {
  subnet: string;
  ipRange: string;
  gateway: string;
  /** Addresses that are somebody else's, by name. */
  auxAddresses: Record<string, string>;
  /** The engine chose the subnet, as nobody asked for one: static addresses are refused in it. */
  picked?: boolean | undefined;
}

export interface NetworkRecord {
  id: string;
  name: string;
  driver: 'bridge' | 'host' | 'none' | 'macvlan' | 'ipvlan';
  /** The link on the host; null where there is none. */
  bridge: string | null;
  /** Of macvlan and ipvlan: a link of the host that was made for it and goes with it. */
  madeLink?: string | undefined;
  created: string;
  internal: boolean;
  attachable: boolean;
  enableIPv4: boolean;
  enableIPv6: boolean;
  ipam: { options: Record<string, string>; ranges: IpamRange[] };
  options: Record<string, string>;
  labels: Record<string, string>;
}

export interface CreateNetworkRequest {
  name: string;
  driver: string;
  internal: boolean;
  attachable: boolean;
  enableIPv4: boolean;
  enableIPv6: boolean;
  ipam: { driver: string; options: Record<string, string>; ranges: IpamRange[] };
  options: Record<string, string>;
  labels: Record<string, string>;
}

/** Joining one network. */
export interface EndpointRequest {
  /** Name or id. */
  network: string;
  /** Everything that others of the network find the container by: its name, short id, hostname, aliases. */
  dnsNames: readonly string[];
  /** Names that only this container sees: legacy links. */
  links: readonly { name: string; alias: string }[];
  ipv4: string | null;
  ipv6: string | null;
  linkLocal: readonly string[];
  mac: string | null;
  driverOpts: Readonly<Record<string, string>>;
  gwPriority: number;
}

export interface AttachRequest {
  containerId: string;
  /** Order of interfaces. `host` and `none` stand alone. */
  networks: readonly EndpointRequest[];
  ports: readonly PortMapping[];
  hostname: string;
  /** For the resolver of user-defined networks; empty: the host's own. */
  dns: { servers: readonly string[]; search: readonly string[]; options: readonly string[] };
  /** `name:address` pairs of `--add-host`, which the resolver answers too; `host-gateway` is replaced already. */
  extraHosts: readonly string[];
  /** A new network namespace that belongs to the container's user namespace; without it one is made that is the host's. */
  namespaceSource?: string | null;
}

/** What a container got in one network. */
export interface Endpoint {
  endpointId: string;
  networkId: string;
  networkName: string;
  /** `eth0`; null in a network without an interface of its own (host, none). */
  interface: string | null;
  address: string | null;
  prefixLength: number;
  gateway: string | null;
  address6: string | null;
  prefixLength6: number;
  gateway6: string | null;
  mac: string | null;
  dnsNames: readonly string[];
}

/** What a container got altogether. Kept in its record: detach and recovery work from it alone. */
export interface Sandbox {
  sandboxId: string;
  /** Path of the bound network namespace, null for `host`. */
  netnsPath: string | null;
  endpoints: readonly Endpoint[];
  ports: readonly PortMapping[];
}

/**
 * Networks of this daemon. `bridge` (the default), `host` and `none` always exist; the others are the user's.
 * Several daemons live side by side: bridge names, nft table and subnets are this daemon's own.
 */
export interface Networks {
  list(): NetworkRecord[];
  /** By name, id or unique id prefix. @throws not-found */
  get(nameOrId: string): NetworkRecord;
  /** @throws conflict for a name or subnet in use, invalid-argument, not-implemented for a driver the kernel lacks */
  create(request: CreateNetworkRequest): Promise<NetworkRecord>;
  /** @throws not-found, forbidden for a predefined one, conflict while a container is in it */
  remove(nameOrId: string): Promise<void>;
  /** Who is in it now, with their addresses. */
  members(networkId: string): { containerId: string; endpoint: Endpoint }[];
  /** Makes the namespace (bound under <run>/netns/<sandboxId>), veths, addresses, routes, rules, listeners, names. Undoes all on failure. @throws conflict naming a taken port or address */
  attach(request: AttachRequest): Promise<Sandbox>;
  /** Idempotent; knows only the sandbox. */
  detach(sandbox: Sandbox): Promise<void>;
  /** A running container joins one more network. Returns the sandbox as it is then. */
  connect(sandbox: Sandbox, request: EndpointRequest): Promise<Sandbox>;
  /** @throws not-found where the container is not in it */
  disconnect(sandbox: Sandbox, network: string): Promise<Sandbox>;
  /** The container is found under other names from now on. @param names by network id */
  rename(sandbox: Sandbox, names: Readonly<Record<string, readonly string[]>>): Promise<Sandbox>;
  /** Bytes, packets, errors and drops of each interface of the sandbox, as `docker stats` wants them. */
  counters(sandbox: Sandbox): Promise<Record<string, InterfaceCounters>>;
  /**
   * After the daemon's restart: listeners and names again, rules checked, addresses taken; what no sandbox owns is
   * removed, and so is what a sandbox joined without its owner's knowledge. Returns them as they are: without the
   * networks that were left without its owner's knowledge.
   */
  recover(sandboxes: readonly { containerId: string; sandbox: Sandbox }[]): Promise<Sandbox[]>;
  /** Ends listeners; containers keep their network. */
  close(): Promise<void>;
}

export interface InterfaceCounters {
  rxBytes: number;
  rxPackets: number;
  rxErrors: number;
  rxDropped: number;
  txBytes: number;
  txPackets: number;
  txErrors: number;
  txDropped: number;
}
