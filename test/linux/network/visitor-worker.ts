import { openSync } from 'node:fs';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, isIPv6 } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { syscall } from '../../../backend/linux/libc.ts';
import type { VisitorAnswer, VisitorCall } from './visitors.ts';

// A thread that lives in another network namespace than its process: what it opens is opened there.
const CLONE_NEWNET = 0x40000000;
const setns = syscall('int setns(int fd, int kind)');
setns('enter a namespace', openSync(String(workerData), 'r'), CLONE_NEWNET);

const servers = new Map<number, () => void>();

parentPort?.on('message', (call: VisitorCall) => {
  run(call).then(
    (result) => reply({ id: call.id, result }),
    (error: unknown) => reply({ id: call.id, failure: String(error) }),
  );
});

function reply(answer: VisitorAnswer): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, not a window
  parentPort?.postMessage(answer);
}

async function run(call: VisitorCall): Promise<string | null> {
  if (call.kind === 'ask') return call.protocol === 'tcp' ? askTcp(call) : askUdp(call);
  if (call.kind === 'serve') await serve(call);
  else servers.get(call.server)?.();
  return null;
}

type Ask = Extract<VisitorCall, { kind: 'ask' }>;

function askTcp({ host, port, patience }: Ask): Promise<string | null> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect({ host, port, allowHalfOpen: true });
    const finish = (answer: string | null): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => finish(null), patience);
    socket.end('hello');
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.on('end', () => finish(text === '' ? null : text));
    socket.on('error', () => finish(null));
  });
}

function askUdp({ host, port, patience, from }: Ask): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(host.replace(/%.*/, '')) ? 'udp6' : 'udp4');
    const finish = (answer: string | null): void => {
      clearTimeout(timer);
      socket.close();
      resolve(answer);
    };
    const timer = setTimeout(() => finish(null), patience);
    socket.on('message', (text) => finish(text.toString()));
    socket.on('error', () => finish(null));
    if (from !== 0) socket.bind(from);
    socket.send('hello', port, host, (error) => {
      if (error) finish(null);
    });
  });
}

/** Answers with who asked, so that a test sees which way a packet came. */
async function serve({ id, name, port, host }: Extract<VisitorCall, { kind: 'serve' }>): Promise<void> {
  const answer = (address: string | undefined, text: string): string =>
    `${name}:${(address ?? '').replace(/^::ffff:/, '')}:${text}`;
  const tcp = createServer({ allowHalfOpen: true }, (socket) => {
    const parts: Buffer[] = [];
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => parts.push(chunk));
    // Only after the client's end: a relay that does not keep half-open connections loses this answer.
    socket.on('end', () => socket.end(answer(socket.remoteAddress, Buffer.concat(parts).toString())));
  });
  tcp.listen(port, host);
  await once(tcp, 'listening');
  const udp = createSocket(isIPv6(host) ? 'udp6' : 'udp4', (text, from) => {
    udp.send(answer(from.address, text.toString()), from.port, from.address);
  });
  udp.bind(port, host);
  await once(udp, 'listening');
  servers.set(id, () => {
    tcp.close();
    udp.close();
  });
}
