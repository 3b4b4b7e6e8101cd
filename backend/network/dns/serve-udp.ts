import { createSocket } from 'node:dgram';
import { setReceiveBuffer } from '../../linux/receive-buffer.ts';
import type { Responder } from './respond.ts';

/** Some 5,000 questions: a container that asks many at once is heard although the daemon is busy for a moment. */
const RECEIVE_BUFFER = 2 ** 22;

/** Takes the descriptor of a bound socket over. @returns what closes it */
export function serveUdp(fd: number, responder: Responder): () => void {
  setReceiveBuffer(fd, RECEIVE_BUFFER);
  // Only ever addresses: the look-up that Node would do for each answer has nothing to find.
  const socket = createSocket({
    type: 'udp4',
    lookup: (address, _options, found) => found(null, address, 4),
  });
  let open = true;
  socket.on('error', () => undefined);
  socket.on('message', (message, { port, address }) => {
    const send = (response: Buffer | null): void => {
      if (response && open) socket.send(response, port, address, ignore);
    };
    const response = responder.respond(message, 'udp');
    if (response instanceof Promise) void response.then(send);
    else send(response);
  });
  socket.bind({ fd });
  return () => {
    if (!open) return;
    open = false;
    socket.close();
  };
}

/** An answer that cannot be sent is asked for again. */
function ignore(): void {
  return;
}
