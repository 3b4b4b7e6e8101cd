import { isIPv4, isIPv6 } from 'node:net';
import type { PortMapping } from '../networks.ts';

/** What a packet for a port of the host is led to; one element of one of the maps of rule-text.ts. */
export interface Translation {
  set: 'ports4' | 'anyport4' | 'ports6' | 'anyport6';
  protocol: PortMapping['protocol'];
  /** Null in the maps for every address of the host. */
  hostAddress: string | null;
  hostPort: number;
  /** The container's. */
  address: string;
  port: number;
}

export interface Target {
  /** Null without an address of this family in the network that the container's ports belong to. */
  address: string | null;
  address6: string | null;
}

/**
 * The translations of published ports. Loopback is left to the userland listeners: its addresses cannot be
 * routed to a container. So is one family that the container does not have.
 */
export function translationsOf(ports: readonly PortMapping[], target: Target): Translation[] {
  return ports.flatMap(({ protocol, hostAddress, hostPort, containerPort: port }): Translation[] => {
    if (hostAddress.startsWith('127.') || hostAddress === '::1') return [];
    const rest = { protocol, hostPort, port };
    if (isIPv4(hostAddress) && target.address !== null) {
      const any = hostAddress === '0.0.0.0';
      return [
        {
          ...rest,
          set: any ? 'anyport4' : 'ports4',
          hostAddress: any ? null : hostAddress,
          address: target.address,
        },
      ];
    }
    if (isIPv6(hostAddress) && target.address6 !== null) {
      const any = hostAddress === '::';
      return [
        {
          ...rest,
          set: any ? 'anyport6' : 'ports6',
          hostAddress: any ? null : hostAddress,
          address: target.address6,
        },
      ];
    }
    return [];
  });
}

/** What two translations must not share. */
export function keyOf({ set, protocol, hostAddress, hostPort }: Translation): string {
  return `${set} ${hostAddress ?? ''} ${protocol} ${hostPort}`;
}

export function difference(a: readonly Translation[], b: readonly Translation[]): Translation[] {
  const full = (one: Translation): string => `${keyOf(one)} ${one.address} ${one.port}`;
  const others = new Set(b.map(full));
  return a.filter((one) => !others.has(full(one)));
}
