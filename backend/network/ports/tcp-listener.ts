import { once } from 'node:events';
import { connect, createServer, isIPv6, type Server, type Socket } from 'node:net';
import type { ListenRequest, PortListener } from './port-listener.ts';

const CONNECT_TIMEOUT = 20_000;
const KEEPALIVE = 30_000;

/**
 * Accepts on the host and pipes to the container. It exists beside the DNAT rules because those do not see
 * loopback traffic, and because a port relay such as WSL's looks for listening sockets.
 * @throws the system's error, such as EADDRINUSE
 */
export async function listenTcp(request: ListenRequest): Promise<PortListener> {
  const { hostAddress: host, hostPort: port, target } = request;
  const sockets = new Set<Socket>();
  // Half-open on both sides: a client that has sent all of its request still waits for the answer.
  const options = { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEPALIVE };
  const server = createServer({ ...options, pauseOnConnect: true }, (client) => {
    const to = target();
    if (to) relay(client, connect({ ...options, host: to.address, port: to.port }), sockets);
    else client.resetAndDestroy();
  });
  server.listen({ host, port, ipv6Only: isIPv6(host) });
  await once(server, 'listening');
  // Running out of descriptors ends one accept, not the listener.
  server.on('error', () => undefined);
  return { hostPort: portOf(server), close: () => close(server, sockets) };
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

function relay(client: Socket, container: Socket, sockets: Set<Socket>): void {
  const giveUp = setTimeout(() => container.destroy(new Error('no answer')), CONNECT_TIMEOUT);
  bind(client, container, sockets);
  bind(container, client, sockets);
  container.once('close', () => clearTimeout(giveUp));
  container.once('connect', () => {
    clearTimeout(giveUp);
    client.pipe(container);
    container.pipe(client);
  });
}

/** A broken end breaks the other one, with a reset, so that nobody takes a cut-off answer for a whole one. */
function bind(socket: Socket, other: Socket, sockets: Set<Socket>): void {
  sockets.add(socket);
  socket.on('error', () => undefined);
  socket.once('close', (broken) => {
    sockets.delete(socket);
    if (broken) reset(other);
  });
}

function reset(socket: Socket): void {
  if (socket.connecting) socket.destroy();
  else socket.resetAndDestroy();
}

async function close(server: Server, sockets: Set<Socket>): Promise<void> {
  for (const socket of sockets) socket.destroy();
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  await closed;
}
