import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isErrno } from '../base/errors.ts';

/** An abstract socket: known to every daemon of this network namespace, and gone with the one that holds it. */
const NAME = '\0strata-network-plan';
const PATIENCE = 5_000;
const PAUSE = 10;

/**
 * One daemon of this machine at a time. A courtesy among daemons and no protection: any user could hold the
 * name, so after a while the work is done without it.
 */
export async function withMachineLock<T>(work: () => Promise<T>): Promise<T> {
  const server = createServer((socket) => socket.destroy());
  const held = await take(server);
  try {
    return await work();
  } finally {
    if (held) server.close();
  }
}

async function take(server: ReturnType<typeof createServer>): Promise<boolean> {
  const end = performance.now() + PATIENCE;
  while (performance.now() < end) {
    try {
      server.listen(NAME);
      await once(server, 'listening');
      return true;
    } catch (error) {
      if (!isErrno(error, 'EADDRINUSE')) return false;
      await sleep(PAUSE);
    }
  }
  return false;
}
