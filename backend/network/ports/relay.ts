import { connect, Socket, type OnReadOpts, type TcpNetConnectOpts } from 'node:net';

const CONNECT_TIMEOUT = 20_000;
const BUFFER = 128 * 1024;

/** What goes through a connection that was accepted, to the container and back, until both sides have ended. */
export function relay(accepted: Socket, options: TcpNetConnectOpts, sockets: Set<Socket>): void {
  const container: Socket = connect({ ...options, onread: pump(() => [container, client]) });
  const client: Socket = reuseBuffer(
    accepted,
    pump(() => [client, container]),
  );
  const giveUp = setTimeout(() => container.destroy(new Error('no answer')), CONNECT_TIMEOUT);
  bind(client, container, sockets);
  bind(container, client, sockets);
  container.once('close', () => clearTimeout(giveUp));
  container.once('connect', () => clearTimeout(giveUp));
}

/**
 * Reads into one buffer again and again, and no further before that is written: a new one for each 64 KB took most of
 * the processor's time of a relay.
 */
function pump(sides: () => [from: Socket, to: Socket]): OnReadOpts {
  return {
    buffer: Buffer.allocUnsafe(BUFFER),
    callback: (length, buffer) => {
      const [from, to] = sides();
      to.write(buffer.subarray(0, length), (error) => {
        if (!error) from.resume();
      });
      return false;
    },
  };
}

/**
 * The same connection in a socket that reads so. Node offers it to connections that it makes and not to those that it
 * accepts, so the handle, and the place in the server's count of connections, change hands by their inner names.
 */
function reuseBuffer(accepted: Socket, onread: OnReadOpts): Socket {
  const handle: unknown = Reflect.get(accepted, '_handle');
  const server: unknown = Reflect.get(accepted, '_server');
  const inner: object = { handle };
  const socket = new Socket({ ...inner, allowHalfOpen: true, onread });
  Reflect.set(socket, '_server', server);
  Reflect.set(accepted, '_server', null);
  Reflect.set(accepted, '_handle', null);
  return socket;
}

/** A broken end breaks the other one, with a reset, so that nobody takes a cut-off answer for a whole one. */
function bind(socket: Socket, other: Socket, sockets: Set<Socket>): void {
  sockets.add(socket);
  socket.on('error', () => undefined);
  socket.once('end', () => other.end());
  socket.once('close', (broken) => {
    sockets.delete(socket);
    if (broken) reset(other);
  });
  socket.resume();
}

function reset(socket: Socket): void {
  if (socket.connecting) socket.destroy();
  else socket.resetAndDestroy();
}
