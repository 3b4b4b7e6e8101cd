import { isIP } from 'node:net';
import { CleanupStack } from '../../base/cleanup-stack.ts';
import { conflict, invalidArgument, isErrno, messageOf } from '../../base/errors.ts';
import type { PortMapping } from '../networks.ts';
import { findPortHolder } from './port-holder.ts';
import type { ListenRequest, PortListener } from './port-listener.ts';
import { listenTcp } from './tcp-listener.ts';
import { listenUdp } from './udp-listener.ts';

export interface OpenPorts {
  /** One mapping per listener: an empty host address has become `0.0.0.0` and `::`, port 0 the one that was found. */
  readonly ports: readonly PortMapping[];
  close(): Promise<void>;
}

export interface OpenPortsRequest {
  ports: readonly PortMapping[];
  /** The container's address, asked for each connection: it changes with the networks that a container is in. */
  target(): string | null;
  /** Which container of ours has this port; undefined where none has. */
  ownerOf(port: PortMapping): string | undefined;
}

type Target = OpenPortsRequest['target'];

/** Two families must get the same free port; the second may be taken where the first was free. */
const FREE_PORT_TRIES = 20;

/** Listens on every published port, or on none. @throws conflict naming the taken port, invalid-argument */
export async function openPorts({ ports, target, ownerOf }: OpenPortsRequest): Promise<OpenPorts> {
  for (const port of ports) validate(port);
  await using undo = new CleanupStack();
  const listeners: PortListener[] = [];
  const opened: PortMapping[] = [];
  for (const mapping of ports) {
    const found = await open(mapping, target, ownerOf);
    for (const { listener } of found) {
      undo.defer(() => listener.close());
      listeners.push(listener);
    }
    opened.push(...found.map(({ port }) => port));
  }
  undo.release();
  return {
    ports: opened,
    close: async () => void (await Promise.all(listeners.map((listener) => listener.close()))),
  };
}

function validate({ hostAddress, hostPort, containerPort }: PortMapping): void {
  if (hostAddress !== '' && isIP(hostAddress) === 0) {
    throw invalidArgument(`invalid host address ${hostAddress} of a published port`);
  }
  if (!isPort(hostPort, 0)) throw invalidArgument(`invalid host port ${hostPort}`);
  if (!isPort(containerPort, 1)) throw invalidArgument(`invalid container port ${containerPort}`);
}

function isPort(port: number, lowest: number): boolean {
  return Number.isInteger(port) && port >= lowest && port <= 65_535;
}

interface Opened {
  port: PortMapping;
  listener: PortListener;
}

async function open(
  { hostPortEnd, ...mapping }: PortMapping,
  target: Target,
  ownerOf: OpenPortsRequest['ownerOf'],
): Promise<Opened[]> {
  for (let hostPort = mapping.hostPort; hostPort < (hostPortEnd ?? 0); hostPort += 1) {
    try {
      return await openFamilies({ ...mapping, hostPort }, target);
    } catch (error) {
      if (!isErrno(error, 'EADDRINUSE')) throw await explain(error, { ...mapping, hostPort }, ownerOf);
    }
  }
  // The last one of a range is tried as a single port is: whoever holds it is named.
  return openSingle({ ...mapping, hostPort: hostPortEnd ?? mapping.hostPort }, target, ownerOf);
}

async function openSingle(
  mapping: PortMapping,
  target: Target,
  ownerOf: OpenPortsRequest['ownerOf'],
): Promise<Opened[]> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await openFamilies(mapping, target);
    } catch (error) {
      const retry = mapping.hostPort === 0 && isErrno(error, 'EADDRINUSE') && tries < FREE_PORT_TRIES;
      if (!retry) throw await explain(error, mapping, ownerOf);
    }
  }
}

async function openFamilies(mapping: PortMapping, target: Target): Promise<Opened[]> {
  if (mapping.hostAddress !== '') return [await openOne(mapping, target)];
  const first = await openOne({ ...mapping, hostAddress: '0.0.0.0' }, target);
  try {
    return [first, await openOne({ ...first.port, hostAddress: '::' }, target)];
  } catch (error) {
    // A machine without IPv6 has no one to listen to there.
    if (isErrno(error, 'EAFNOSUPPORT') || isErrno(error, 'EADDRNOTAVAIL')) return [first];
    await first.listener.close();
    throw error;
  }
}

async function openOne(mapping: PortMapping, target: Target): Promise<Opened> {
  const { containerPort: port } = mapping;
  const request: ListenRequest = {
    ...mapping,
    target: () => {
      const address = target();
      return address === null ? null : { address, port };
    },
  };
  const listener = await (mapping.protocol === 'tcp' ? listenTcp(request) : listenUdp(request));
  return { listener, port: { ...mapping, hostPort: listener.hostPort } };
}

async function explain(
  error: unknown,
  mapping: PortMapping,
  ownerOf: OpenPortsRequest['ownerOf'],
): Promise<Error> {
  const { hostAddress, hostPort, protocol } = mapping;
  const where = `Bind for ${hostAddress === '' ? '0.0.0.0' : hostAddress}:${hostPort} failed`;
  if (!isErrno(error, 'EADDRINUSE')) {
    const text = `driver failed programming external connectivity: ${where}: ${messageOf(error)}`;
    return isErrno(error, 'EADDRNOTAVAIL') ? invalidArgument(text, error) : conflict(text, error);
  }
  const container = ownerOf(mapping);
  const process = container ? undefined : await findPortHolder(protocol, hostPort);
  const holder = container ? `container ${container.slice(0, 12)}` : process;
  const by = holder ? ` (held by ${holder})` : '';
  return conflict(
    `driver failed programming external connectivity: ${where}: port is already allocated${by}`,
    error,
  );
}
