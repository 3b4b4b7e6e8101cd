import type { PortMapping } from '../networks.ts';
import { readdir, readFile, readlink } from 'node:fs/promises';

const LISTEN = '0A';

/** The process that has a port of this machine, such as `nginx (pid 812)`; undefined where it cannot be known. */
export async function findPortHolder(
  protocol: PortMapping['protocol'],
  port: number,
): Promise<string | undefined> {
  const inodes = new Set<string>();
  for (const table of [protocol, `${protocol}6`]) {
    for (const inode of socketInodes(await readQuietly(`/proc/net/${table}`), protocol, port))
      inodes.add(inode);
  }
  if (inodes.size === 0) return undefined;
  for (const entry of await readdir('/proc')) {
    if (/^\d+$/.test(entry) && (await hasSocket(entry, inodes))) {
      const name = (await readQuietly(`/proc/${entry}/comm`)).trim();
      return `${name} (pid ${entry})`;
    }
  }
  return undefined;
}

/** Rows of /proc/net/tcp: slot, local address:port, remote address:port, state, …, inode as the tenth word. */
function socketInodes(table: string, protocol: PortMapping['protocol'], port: number): string[] {
  const ending = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((words) => words[1]?.endsWith(ending) && (protocol === 'udp' || words[3] === LISTEN))
    .flatMap((words) => words[9] ?? []);
}

async function hasSocket(pid: string, inodes: ReadonlySet<string>): Promise<boolean> {
  for (const fd of await listQuietly(`/proc/${pid}/fd`)) {
    const inode = /^socket:\[(\d+)\]$/.exec(await linkQuietly(`/proc/${pid}/fd/${fd}`))?.[1];
    if (inode !== undefined && inodes.has(inode)) return true;
  }
  return false;
}

// Processes end while they are looked at: what is gone holds nothing.
const readQuietly = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
const listQuietly = (path: string): Promise<string[]> => readdir(path).catch(() => []);
const linkQuietly = (path: string): Promise<string> => readlink(path).catch(() => '');
