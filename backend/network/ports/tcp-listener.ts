import { once } from 'node:events';
import { createServer, isIPv6, type Server, type Socket } from 'node:net';
import type { ListenRequest, PortListener } from './port-listener.ts';
import { relay } from './relay.ts';

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
    if (to) relay(client, { ...options, host: to.address, port: to.port }, sockets);
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

async function close(server: Server, sockets: Set<Socket>): Promise<void> {
  for (const socket of sockets) socket.destroy();
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  await closed;
}
