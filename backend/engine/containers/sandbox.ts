import type { AttachRequest, EndpointRequest, Sandbox } from '../../network/networks.ts';
import type { EngineContext } from '../context.ts';
import type { Container, EndpointSettings } from './container.ts';
import { portMappings } from './port-mappings.ts';

/** What this container asks of the network at its start. */
export function attachRequest(_context: EngineContext, container: Container): AttachRequest {
  const { config, hostConfig, networks } = container;
  const wanted = Object.entries(networks);
  return {
    containerId: container.id,
    networks: (wanted.length > 0 ? wanted : [[hostConfig.networkMode, NOTHING_SPECIAL] as const]).map(
      ([network, settings]) => endpointRequest(container, network, settings),
    ),
    ports: portMappings(config, hostConfig),
    hostname: config.hostname,
    dns: { servers: hostConfig.dns, search: hostConfig.dnsSearch, options: hostConfig.dnsOptions },
    extraHosts: hostConfig.extraHosts,
  };
}

const NOTHING_SPECIAL: EndpointSettings = {
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

export function endpointRequest(
  container: Container,
  network: string,
  settings: EndpointSettings,
): EndpointRequest {
  const { id, name, config } = container;
  return {
    ...settings,
    network,
    dnsNames: [...new Set([name, id.slice(0, 12), ...settings.aliases, config.hostname])],
    links: settings.links.map((link) => {
      const [target = '', alias = target] = link.split(':');
      return { name: target, alias };
    }),
  };
}

/** As the container's record keeps it. */
export function toSandboxRecord(sandbox: Sandbox): NonNullable<Container['sandbox']> {
  return {
    ...sandbox,
    ports: [...sandbox.ports],
    endpoints: sandbox.endpoints.map((endpoint) => ({ ...endpoint, dnsNames: [...endpoint.dnsNames] })),
  };
}
