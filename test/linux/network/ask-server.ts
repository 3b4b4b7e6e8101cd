import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';

// One question to an echo server, from the namespace that this process was started in. Exit code 1: no answer.
const [protocol = '', host = '', port = '', patience = ''] = process.argv.slice(2);
const finish = (text: string): void => {
  process.stdout.write(text, () => process.exit(text === '' ? 1 : 0));
};
setTimeout(() => finish(''), Number(patience));

if (protocol === 'tcp') {
  let text = '';
  const socket = connect({ host, port: Number(port), allowHalfOpen: true });
  socket.end('hello');
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  socket.on('end', () => finish(text));
  socket.on('error', () => finish(''));
} else {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4', (text) => finish(text.toString()));
  socket.on('error', () => finish(''));
  socket.send('hello', Number(port), host);
}
