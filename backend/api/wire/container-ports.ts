import type { Container } from '../../engine/containers/container.ts';

/** `Ports` of a list entry. An empty host address means both families, and both are shown, as Docker does. */
export function portList({ config, sandbox }: Container): Record<string, unknown>[] {
  const published = (sandbox?.ports ?? []).flatMap(({ protocol, containerPort, hostAddress, hostPort }) =>
    hostAddresses(hostAddress).map((IP) => ({
      IP,
      PrivatePort: containerPort,
      PublicPort: hostPort,
      Type: protocol,
    })),
  );
  const seen = new Set(published.map(({ PrivatePort, Type }) => `${PrivatePort}/${Type}`));
  const exposed = config.exposedPorts
    .filter((port) => !seen.has(port))
    .map((port) => ({ PrivatePort: Number.parseInt(port, 10), Type: port.split('/')[1] ?? 'tcp' }));
  return sandbox ? [...exposed, ...published] : [];
}

/** `NetworkSettings.Ports` of inspect: `{"80/tcp": [{HostIp, HostPort}] | null}`. */
export function portMap({ config, sandbox }: Container): Record<string, unknown> {
  if (!sandbox) return {};
  const map: Record<string, { HostIp: string; HostPort: string }[] | null> = Object.fromEntries(
    config.exposedPorts.map((port) => [port, null]),
  );
  for (const { protocol, containerPort, hostAddress, hostPort } of sandbox.ports) {
    const bindings = (map[`${containerPort}/${protocol}`] ??= []);
    for (const HostIp of hostAddresses(hostAddress)) bindings.push({ HostIp, HostPort: String(hostPort) });
  }
  return map;
}

function hostAddresses(address: string): string[] {
  return address === '' ? ['0.0.0.0', '::'] : [address];
}
