import { conflict } from '../../base/errors.ts';
import type { AttachRequest, EndpointRequest, Sandbox } from '../../network/networks.ts';
import type { EngineContext } from '../context.ts';
import { isPredefined, sharedContainer } from '../networks/network-names.ts';
import type { Container } from './container.ts';
import type { EndpointSettings } from './container-networks.ts';
import { knownHosts } from './known-hosts.ts';
import { portMappings } from './port-mappings.ts';

/** What a network is asked for where the user asks for nothing. */
export const NOTHING_SPECIAL: EndpointSettings = {
  networkId: '',
  aliases: [],
  ipv4: null,
  ipv6: null,
  linkLocal: [],
  mac: null,
  links: [],
  driverOpts: {},
  gwPriority: 0,
};

/**
 * The network of a starting container. Null where it lives in the namespace of another one, which has to run.
 * @throws not-found for a network that has gone, conflict for a port that is taken or a container that does not run
 */
export async function makeSandbox(
  context: EngineContext,
  container: Container,
  namespaceSource: string | null,
): Promise<Container['sandbox']> {
  const shared = sharedContainer(container.hostConfig.networkMode);
  if (shared === null) {
    const request = attachRequest(context, container, namespaceSource);
    return toSandboxRecord(await context.networks.attach(request));
  }
  const other = context.containers.resolve(shared);
  checkRuns(other, container);
  // Whoever shares a network answers to the same name in it.
  container.config.hostname = other.config.hostname;
  container.config.domainname = other.config.domainname;
  return null;
}

function checkRuns({ id, name, state }: Container, joining: Container): void {
  if (id === joining.id) throw conflict('cannot join own network namespace');
  if (state.status === 'running' || state.status === 'paused') return;
  throw conflict(
    `cannot join network namespace of a non running container: container ${name} is ${state.status}`,
  );
}

function attachRequest(
  context: EngineContext,
  container: Container,
  namespaceSource: string | null,
): AttachRequest {
  const { config, hostConfig, networks } = container;
  return {
    containerId: container.id,
    networks: Object.entries(networks).map(([name, settings]) => endpointRequest(container, name, settings)),
    // The host's own network has no ports to publish: what listens there can be reached anyway.
    ports: hostConfig.networkMode === 'host' ? [] : portMappings(config, hostConfig),
    hostname: config.hostname,
    dns: { servers: hostConfig.dns, search: hostConfig.dnsSearch, options: hostConfig.dnsOptions },
    extraHosts: knownHosts(context, container),
    namespaceSource,
  };
}

export function endpointRequest(
  container: Container,
  name: string,
  settings: EndpointSettings,
): EndpointRequest {
  const { networkId, links, ...asked } = settings;
  return {
    ...asked,
    // A network of the same name that was made later is another one.
    network: isPredefined(name) || networkId === '' ? name : networkId,
    dnsNames: dnsNames(container, name, settings),
    links: links.map((link) => {
      const [target = '', alias = target] = link.split(':');
      return { name: target, alias };
    }),
  };
}

/** The first one answers reverse look-ups. The default bridge knows no names. */
export function dnsNames(
  { id, name, config }: Container,
  network: string,
  { aliases }: Pick<EndpointSettings, 'aliases'>,
): string[] {
  if (isPredefined(network)) return [];
  return [...new Set([name, ...aliases, id.slice(0, 12), config.hostname])];
}

/** As the container's record keeps it. */
export function toSandboxRecord(sandbox: Sandbox): NonNullable<Container['sandbox']> {
  return {
    ...sandbox,
    ports: [...sandbox.ports],
    endpoints: sandbox.endpoints.map((endpoint) => ({ ...endpoint, dnsNames: [...endpoint.dnsNames] })),
  };
}
