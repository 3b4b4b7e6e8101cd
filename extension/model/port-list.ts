/** One published port as the user wrote it. `hostPort` is empty where the engine is to choose one. */
export interface PortMapping {
  hostIp: string;
  hostPort: string;
  containerPort: number;
  protocol: 'tcp' | 'udp';
}

const pattern = /^(?:(?:(\[[\da-f:]+\]|[\d.]+):)?(\d*):)?(\d+)(?:\/(tcp|udp))?$/i;

/**
 * Ports as in `docker run -p`, separated by commas or spaces: `8080:80, 127.0.0.1:5353:53/udp, 80`.
 * Throws a sentence that names the part which is wrong.
 */
export function parsePortList(text: string): PortMapping[] {
  return text
    .split(/[\s,]+/)
    .filter((part) => part !== '')
    .map(parsePort);
}

function parsePort(part: string): PortMapping {
  const match = pattern.exec(part);
  if (match === null) throw new Error(`'${part}' is not a port: write HOST:CONTAINER, e.g. 8080:80`);
  const [, ip = '', hostPort = '', containerPort = '', protocol = 'tcp'] = match;
  for (const port of [hostPort, containerPort]) {
    if (port !== '' && (Number(port) < 1 || Number(port) > 65_535)) {
      throw new Error(`'${part}': a port is a number from 1 to 65535`);
    }
  }
  return {
    hostIp: ip.replace(/^\[|\]$/g, ''),
    hostPort,
    containerPort: Number(containerPort),
    protocol: protocol.toLowerCase() === 'udp' ? 'udp' : 'tcp',
  };
}

/** The two maps that a create request wants. */
export function portBindings(ports: readonly PortMapping[]): {
  exposed: Record<string, object>;
  bindings: Record<string, { HostIp: string; HostPort: string }[]>;
} {
  const exposed: Record<string, object> = {};
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const port of ports) {
    const key = `${port.containerPort}/${port.protocol}`;
    exposed[key] = {};
    bindings[key] = [...(bindings[key] ?? []), { HostIp: port.hostIp, HostPort: port.hostPort }];
  }
  return { exposed, bindings };
}

/** What to offer for an image that exposes ports: the same number, moved above 1024 where it is privileged. */
export function suggestedPorts(exposed: readonly string[]): string {
  return exposed
    .map((key) => {
      const [port = '', protocol = 'tcp'] = key.split('/');
      const host = Number(port) < 1024 ? Number(port) + 8000 : Number(port);
      return `${host}:${port}${protocol === 'tcp' ? '' : `/${protocol}`}`;
    })
    .join(', ');
}
