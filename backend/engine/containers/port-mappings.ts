import { invalidArgument } from '../../base/errors.ts';
import type { PortMapping } from '../../network/networks.ts';
import type { ContainerConfig, HostConfig } from './container.ts';

/** What to publish: the request's bindings, and with `-P` every exposed port on a free one. Ranges are spread out. */
export function portMappings(
  config: Pick<ContainerConfig, 'exposedPorts'>,
  hostConfig: HostConfig,
): PortMapping[] {
  const mappings = Object.entries(hostConfig.portBindings).flatMap(([port, bindings]) => {
    const { containerPort, protocol } = parsePort(port);
    return bindings.map(({ hostIp, hostPort }) => ({
      protocol,
      containerPort,
      hostAddress: hostIp.replace(/^\[(.*)\]$/, '$1'),
      ...parseHostPort(hostPort),
    }));
  });
  if (!hostConfig.publishAllPorts) return mappings;
  const published = new Set(mappings.map(({ containerPort, protocol }) => `${containerPort}/${protocol}`));
  const exposed = config.exposedPorts
    .map(parsePort)
    .filter(({ containerPort, protocol }) => !published.has(`${containerPort}/${protocol}`));
  return [...mappings, ...exposed.map((port) => ({ ...port, hostAddress: '', hostPort: 0 }))];
}

/** `80`, `80/tcp`, `53/udp`, `5000/sctp`. @throws invalid-argument */
export function parsePort(text: string): { containerPort: number; protocol: PortMapping['protocol'] } {
  const [, number = '', protocol = 'tcp'] = /^(\d+)(?:\/(\w+))?$/.exec(text) ?? [];
  if (!isProtocol(protocol)) {
    throw invalidArgument(
      `invalid port ${JSON.stringify(text)}: protocol ${protocol} is not supported, only tcp, udp and sctp are`,
    );
  }
  return { containerPort: checkPort(number, text, 1), protocol };
}

function isProtocol(text: string): text is PortMapping['protocol'] {
  return text === 'tcp' || text === 'udp' || text === 'sctp';
}

/** A range means "any free one of these"; one number is the common case. */
function parseHostPort(text: string): Pick<PortMapping, 'hostPort' | 'hostPortEnd'> {
  if (text === '') return { hostPort: 0 };
  const [first = '', last = first] = text.split('-');
  const hostPort = checkPort(first, text, 0);
  const hostPortEnd = checkPort(last, text, hostPort);
  return hostPortEnd === hostPort ? { hostPort } : { hostPort, hostPortEnd };
}

function checkPort(digits: string, text: string, lowest: number): number {
  const port = /^\d+$/.test(digits) ? Number(digits) : Number.NaN;
  if (!(port >= lowest && port <= 65535))
    throw invalidArgument(`invalid port ${JSON.stringify(text)}: must be ${lowest} to 65535`);
  return port;
}
