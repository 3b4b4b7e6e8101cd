import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { answers, type Query } from './packet.ts';

export interface NameServer {
  address: string;
  port: number;
}

/**
 * Asks one server. A new port and a new number for each question make a forged answer a guess among 2^30.
 * @returns the server's answer with the question's own number
 */
export function exchangeUdp(
  { address, port }: NameServer,
  query: Query,
  { timeout, signal }: { timeout: number; signal: AbortSignal },
): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const id = randomInt(0x10000);
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  const giveUp = (): void => reject(new Error(`no answer from ${address}`));
  const timer = setTimeout(giveUp, timeout);
  signal.addEventListener('abort', giveUp);
  // A refusing machine says so at once.
  socket.on('error', reject);
  socket.on('message', (message) => {
    if (answers(message, query, id)) resolve(withId(message, query.message));
  });
  // A connected socket takes nothing from anybody else.
  socket.once('connect', () => {
    const message = Buffer.from(query.message);
    message.writeUInt16BE(id, 0);
    socket.send(message, (error) => {
      if (error) reject(error);
    });
  });
  socket.connect(port, address);
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', giveUp);
    socket.close();
  });
}

/** In place: nobody else has the message. */
export function withId(message: Buffer, query: Buffer): Buffer {
  query.copy(message, 0, 0, 2);
  return message;
}
