/** A published port. Addresses as text, ports 1…65535. */
export interface PortMapping {
  protocol: 'tcp' | 'udp';
  containerPort: number;
  hostAddress: string;
  /** 0: the engine picks a free one. */
  hostPort: number;
}

export interface NetworkRecord {
  id: string;
  name: string;
  driver: 'bridge' | 'host' | 'none';
  bridge: string | null;
  subnet: string | null;
  gateway: string | null;
  created: string;
}

export interface AttachRequest {
  containerId: string;
  network: string;
  ports: readonly PortMapping[];
  hostname: string;
}

/** What a container got. Kept in its record: detach and recovery work from it alone. */
export interface Endpoint {
  endpointId: string;
  networkId: string;
  networkName: string;
  /** Path of the bound network namespace, null for `host`. */
  netnsPath: string | null;
  address: string | null;
  prefixLength: number;
  gateway: string | null;
  mac: string | null;
  ports: readonly PortMapping[];
}

/**
 * Networks of this daemon: in this version `bridge` (the default), `host` and `none`.
 * Several daemons live side by side: bridge name, nft table and subnet are this daemon's own.
 */
export interface Networks {
  list(): NetworkRecord[];
  /** By name, id or unique id prefix. @throws not-found */
  get(nameOrId: string): NetworkRecord;
  /** Makes the namespace (named, bound under <run>/netns/<id>), veth, address, routes, DNAT rules and userland listeners. Undoes all on failure. @throws conflict naming a taken port. */
  attach(request: AttachRequest): Promise<Endpoint>;
  /** Idempotent; knows only the endpoint. */
  detach(endpoint: Endpoint): Promise<void>;
  /** After the daemon's restart: listeners again, rules checked, addresses taken; what no endpoint owns is removed. */
  recover(endpoints: readonly Endpoint[]): Promise<void>;
  /** Ends listeners; containers keep their network. */
  close(): Promise<void>;
}
