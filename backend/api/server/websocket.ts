import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { createWebSocketStream, WebSocketServer, type WebSocket } from 'ws';
import { invalidArgument } from '../../base/errors.ts';
import type { Hijackable, HijackedConnection } from './hijack.ts';

/** Milliseconds in which what a client said before it closed still reaches the process. */
const LINGER = 1000;
const LARGEST_MESSAGE = 32 * 1024 * 1024;

/** Compression would keep a window of memory for each connection, on a socket of the same machine. */
const server = new WebSocketServer({
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  maxPayload: LARGEST_MESSAGE,
});
// With a listener the library leaves the answer to us: it is JSON, as every other refusal.
server.on('wsClientError', () => undefined);

/** A request for a WebSocket, whose messages are the bytes of a stream: ours are binary, the client's are either. */
export function webSocketRequest(request: IncomingMessage, socket: Duplex, head: Buffer): Hijackable {
  return {
    json: () => Promise.resolve(undefined),
    accept: () => {
      let accepted: WebSocket | undefined;
      server.handleUpgrade(request, socket, head, (client) => {
        accepted = client;
      });
      if (!accepted) throw invalidArgument('this is not the opening handshake of a WebSocket (RFC 6455)');
      return asStream(accepted);
    },
  };
}

function asStream(client: WebSocket): HijackedConnection {
  const stream = createWebSocketStream(client);
  // Before the streams of the container are there nobody else listens.
  stream.on('error', () => undefined);
  // A WebSocket has no half-closed state: who has closed it reads no more either.
  client.once('close', () => setTimeout(() => stream.destroy(), LINGER).unref());
  return { input: stream, output: stream, destroy: () => void stream.destroy() };
}
