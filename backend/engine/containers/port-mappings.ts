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
      hostAddress: hostIp,
      hostPort: parseHostPort(hostPort),
    }));
  });
  if (!hostConfig.publishAllPorts) return mappings;
  const published = new Set(mappings.map(({ containerPort, protocol }) => `${containerPort}/${protocol}`));
  const exposed = config.exposedPorts
    .map(parsePort)
    .filter(({ containerPort, protocol }) => !published.has(`${containerPort}/${protocol}`));
  return [...mappings, ...exposed.map((port) => ({ ...port, hostAddress: '', hostPort: 0 }))];
}

/** `80`, `80/tcp`, `53/udp`. @throws invalid-argument */
export function parsePort(text: string): { containerPort: number; protocol: PortMapping['protocol'] } {
  const [, number = '', protocol = 'tcp'] = /^(\d+)(?:\/(\w+))?$/.exec(text) ?? [];
  if (protocol !== 'tcp' && protocol !== 'udp') {
    throw invalidArgument(
      `invalid port ${JSON.stringify(text)}: protocol ${protocol} is not supported, only tcp and udp are`,
    );
  }
  return { containerPort: checkPort(number, text, 1), protocol };
}

function parseHostPort(text: string): number {
  if (text === '') return 0;
  // A range means "any free one of these"; one number is the common case.
  const [first = '', last = first] = text.split('-');
  const low = checkPort(first, text, 0);
  if (checkPort(last, text, low) !== low)
    throw invalidArgument(
      `invalid host port ${text}: ranges of host ports for one container port are not supported yet`,
    );
  return low;
}

function checkPort(digits: string, text: string, lowest: number): number {
  const port = /^\d+$/.test(digits) ? Number(digits) : Number.NaN;
  if (!(port >= lowest && port <= 65535))
    throw invalidArgument(`invalid port ${JSON.stringify(text)}: must be ${lowest} to 65535`);
  return port;
}
