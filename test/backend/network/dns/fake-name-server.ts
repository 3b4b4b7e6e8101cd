import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import packet, { type DecodedPacket } from 'dns-packet';
import { freePort } from '../../../support/free-port.ts';

export interface Asked {
  transport: 'udp' | 'tcp';
  question: DecodedPacket;
  port: number;
}

/** What to send back; null keeps silent. Several messages are sent one after the other. */
export type Behaviour = (asked: Asked) => Buffer | Buffer[] | null;

export interface FakeNameServer extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
  readonly asked: Asked[];
}

/** A name server at a loopback address, on both transports. */
export async function startNameServer(
  behaviour: Behaviour,
  { address = '127.0.0.1', port }: { address?: string; port?: number } = {},
): Promise<FakeNameServer> {
  const chosen = port ?? (await freePort());
  const asked: Asked[] = [];
  const answersTo = (transport: 'udp' | 'tcp', message: Buffer, from: number): Buffer[] => {
    const one: Asked = { transport, question: packet.decode(message), port: from };
    asked.push(one);
    return [behaviour(one) ?? []].flat();
  };
  const udp = createSocket('udp4');
  udp.on('message', (message: Buffer, from: RemoteInfo) => {
    for (const answer of answersTo('udp', message, from.port)) udp.send(answer, from.port, from.address);
  });
  const connections = new Set<Socket>();
  const tcp = createServer((socket) => {
    connections.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      for (const answer of answersTo('tcp', chunk.subarray(2), socket.remotePort ?? 0)) {
        const length = Buffer.alloc(2);
        length.writeUInt16BE(answer.length);
        socket.write(Buffer.concat([length, answer]));
      }
    });
  });
  udp.bind(chosen, address);
  tcp.listen(chosen, address);
  await Promise.all([once(udp, 'listening'), once(tcp, 'listening')]);
  return {
    address,
    port: chosen,
    asked,
    [Symbol.asyncDispose]: async () => {
      for (const socket of connections) socket.destroy();
      udp.close();
      tcp.close();
      await Promise.all([once(udp, 'close'), once(tcp, 'close')]);
    },
  };
}

/** An answer to the question with these addresses. */
export function answerTo(
  { question }: Asked,
  addresses: readonly string[],
  { rcode = 0, cut = false, id = question.id ?? 0 } = {},
): Buffer {
  const questions = question.questions ?? [];
  const name = questions[0]?.name ?? '';
  return packet.encode({
    type: 'response',
    id,
    flags:
      packet.RECURSION_DESIRED | packet.RECURSION_AVAILABLE | (cut ? packet.TRUNCATED_RESPONSE : 0) | rcode,
    questions,
    answers: addresses.map((data) => ({ type: 'A', name, ttl: 60, data })),
  });
}
