import { randomInt } from 'node:crypto';
import { connect } from 'node:net';
import { withId, type NameServer } from './exchange-udp.ts';
import { Frames, writeFrame } from './frames.ts';
import { answers, type Query } from './packet.ts';

/** As `exchangeUdp`, for answers of any length. */
export function exchangeTcp(
  { address, port }: NameServer,
  query: Query,
  { timeout, signal }: { timeout: number; signal: AbortSignal },
): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const id = randomInt(0x10000);
  const socket = connect({ host: address, port, noDelay: true });
  const giveUp = (): void => reject(new Error(`no answer from ${address}`));
  const timer = setTimeout(giveUp, timeout);
  signal.addEventListener('abort', giveUp);
  const frames = new Frames();
  socket.on('error', reject);
  socket.on('close', giveUp);
  socket.on('data', (chunk: Buffer) => {
    for (const message of frames.push(chunk))
      if (answers(message, query, id)) resolve(withId(Buffer.from(message), query.message));
  });
  const message = Buffer.from(query.message);
  message.writeUInt16BE(id, 0);
  socket.write(writeFrame(message));
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', giveUp);
    socket.destroy();
  });
}
