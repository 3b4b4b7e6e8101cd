import type { NetworkContext } from './network-context.ts';
import type { Sandbox } from './networks.ts';

/** A sandbox that has no record: the host's own network, or one of a release before networks could be made. */
export function adopt(context: NetworkContext, containerId: string, sandbox: Sandbox): void {
  const { sandboxId, netnsPath, endpoints, ports } = sandbox;
  if (context.sandboxes.get(sandboxId)) return;
  const live = context.sandboxes.hold({
    sandboxId,
    containerId,
    netnsPath,
    hostname: '',
    dns: { servers: [], search: [], options: [] },
    extraHosts: [],
    wantedPorts: [...ports],
    ports: [...ports],
    resolverPort: null,
    members: endpoints.map((endpoint) => ({
      endpoint: { ...endpoint, dnsNames: [...endpoint.dnsNames] },
      links: [],
      gwPriority: 0,
      reachable: true,
    })),
  });
  if (netnsPath !== null) context.sandboxes.save(live);
}
