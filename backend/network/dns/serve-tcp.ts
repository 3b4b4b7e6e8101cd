import { createServer, type Socket } from 'node:net';
import { Frames, writeFrame } from './frames.ts';
import type { Responder } from './respond.ts';

const IDLE = 10_000;
const MAX_CONNECTIONS = 128;

/** Takes the descriptor of a listening socket over. @returns what closes it and its connections */
export function serveTcp(
  fd: number,
  responder: Responder,
  { idle = IDLE, most = MAX_CONNECTIONS } = {},
): () => void {
  const connections = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
    serveConnection(socket, responder, idle);
  });
  // Beyond these new ones are closed at once; who waits too long makes room.
  server.maxConnections = most;
  server.on('error', () => undefined);
  server.listen({ fd });
  let open = true;
  return () => {
    if (!open) return;
    open = false;
    server.close();
    for (const socket of connections) socket.destroy();
  };
}

/** Any number of questions; each is answered as soon as its answer is there, RFC 7766 6.2.1. */
function serveConnection(socket: Socket, responder: Responder, idle: number): void {
  const frames = new Frames();
  const send = (response: Buffer | null): void => {
    if (!response || socket.destroyed) return;
    // Who asks and does not read is not heard until it does.
    if (!socket.write(writeFrame(response))) socket.pause();
  };
  socket.setTimeout(idle, () => socket.destroy());
  socket.on('error', () => undefined);
  socket.on('drain', () => socket.resume());
  socket.on('data', (chunk: Buffer) => {
    for (const message of frames.push(chunk)) {
      const response = responder.respond(message, 'tcp');
      if (response instanceof Promise) void response.then(send);
      else send(response);
    }
  });
}
