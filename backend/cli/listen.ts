import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { dirname } from 'node:path';
import { conflict } from '../base/errors.ts';

/**
 * Listens on a unix socket that root and one group may use: whoever can, is as good as root.
 * @throws conflict when a living daemon answers there
 */
export async function listenOnSocket(
  server: Server,
  { socket, group }: { socket: string; group: string },
): Promise<void> {
  mkdirSync(dirname(socket), { recursive: true, mode: 0o755 });
  if (await answers(socket))
    throw conflict(`another daemon listens on ${socket}: end it first or choose another --socket`);
  rmSync(socket, { force: true });
  const before = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(socket, resolve);
    });
  } finally {
    process.umask(before);
  }
  const gid = groupId(group);
  if (gid === undefined) return;
  chownSync(socket, 0, gid);
  chmodSync(socket, 0o660);
}

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(socket);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
}

/** The group's number from /etc/group; undefined where there is no such group. */
function groupId(name: string): number | undefined {
  const line = readFileSync('/etc/group', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  return line === undefined ? undefined : Number(line.split(':')[2]);
}
