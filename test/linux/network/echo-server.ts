import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

// Answers with who asked, so that a test sees which way a packet came.
const [name = '', port = ''] = process.argv.slice(2);

const tcp = createServer({ allowHalfOpen: true }, (socket) => {
  const parts: Buffer[] = [];
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => parts.push(chunk));
  // Only after the client's end: a relay that does not keep half-open connections loses this answer.
  socket.on('end', () => socket.end(answer(socket.remoteAddress, Buffer.concat(parts).toString())));
});
tcp.listen(Number(port), '0.0.0.0');
await once(tcp, 'listening');
const udp = createSocket('udp4', (text, from) => {
  udp.send(answer(from.address, text.toString()), from.port, from.address);
});
udp.bind(Number(port), '0.0.0.0');
await once(udp, 'listening');
process.stdout.write('ready\n');

function answer(address: string | undefined, text: string): string {
  return `${name}:${address}:${text}`;
}
