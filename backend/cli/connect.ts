import { createConnection, type NetConnectOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import { parseArgs } from 'node:util';
import type { OpenTarget } from '../api/wire/multiplex.ts';
import { MultiplexSession } from '../api/wire/multiplex-session.ts';

/** A target that does not answer must not keep its stream for ever. */
const CONNECT_TIMEOUT = 15_000;

/**
 * `stratad connect`: many streams to the daemon's socket, and to TCP ports of this machine, over standard
 * input and output. For machines where SSH may not forward a socket, or where only root may open it.
 */
export async function connect(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { socket: { type: 'string', default: '/run/strata/strata.sock' } },
  });
  const session = new MultiplexSession({
    input: process.stdin,
    output: process.stdout,
    dial: (target) => dial(target, values.socket),
  });
  const reason = await session.closed;
  // The regular end is that the other side goes away; anything else is worth a word.
  if (!reason.message.includes('has closed')) process.stderr.write(`stratad connect: ${reason.message}\n`);
  process.exit(0);
}

function dial(target: OpenTarget, socket: string): Promise<Duplex> {
  const address: NetConnectOpts =
    target.kind === 'api' ? { path: socket } : { host: target.host, port: target.port };
  return new Promise((resolve, reject) => {
    const stream = createConnection({ ...address, allowHalfOpen: true });
    const late = setTimeout(() => stream.destroy(new Error('connecting took too long')), CONNECT_TIMEOUT);
    stream.once('error', (error) => {
      clearTimeout(late);
      reject(error);
    });
    stream.once('connect', () => {
      clearTimeout(late);
      resolve(stream);
    });
  });
}
