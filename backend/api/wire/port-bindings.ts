import { isIP } from 'node:net';
import { z } from 'zod';
import type { HostConfig } from '../../engine/containers/container.ts';
import { text } from './fields.ts';

const badPort = {
  error: ({ input }: { input?: unknown }) => `invalid port specification: ${JSON.stringify(String(input))}`,
};
const hostPort = text.refine((value) => !value || isPortRange(value), badPort);
const hostIp = text.refine((address) => !address || isIP(address.replace(/^\[(.*)\]$/, '$1')) !== 0, {
  error: ({ input }) => `invalid IP address: ${String(input)}`,
});

/** `{"80/tcp": [{HostIp, HostPort}]}`, of `HostConfig.PortBindings`. */
export const portBindingsWire = z
  .record(
    z.string().refine(isPort, badPort),
    z.array(z.object({ HostIp: hostIp, HostPort: hostPort })).nullable(),
  )
  .nullish();

/** `80`, `80/tcp`, `53/udp`, `5000/sctp`. */
export function isPort(text: string): boolean {
  const [, number = ''] = /^(\d{1,5})(?:\/(?:tcp|udp|sctp))?$/i.exec(text) ?? [];
  return number !== '' && Number(number) >= 1 && Number(number) <= 65_535;
}

/** `8080`, or `8000-8010` for any free one of these. */
function isPortRange(text: string): boolean {
  const [, first = '', last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  return first !== '' && Number(first) <= Number(last) && Number(last) <= 65_535;
}

/** `80/tcp` of `80`. */
export function withProtocol(port: string): string {
  return port.includes('/') ? port.toLowerCase() : `${port}/tcp`;
}

export function toPortBindings(wire: z.infer<typeof portBindingsWire>): HostConfig['portBindings'] {
  const bindings: HostConfig['portBindings'] = {};
  for (const [port, hosts] of Object.entries(wire ?? {})) {
    const asked = (hosts ?? []).map(({ HostIp, HostPort }) => ({
      hostIp: HostIp ?? '',
      hostPort: HostPort ?? '',
    }));
    // Up to API 1.52 an empty list means any free port.
    const certain = asked.length > 0 ? asked : [{ hostIp: '', hostPort: '' }];
    (bindings[withProtocol(port)] ??= []).push(...certain);
  }
  return bindings;
}

export function fromPortBindings(bindings: HostConfig['portBindings']): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(bindings).map(([port, hosts]) => [
      port,
      hosts.map(({ hostIp, hostPort }) => ({ HostIp: hostIp, HostPort: hostPort })),
    ]),
  );
}
