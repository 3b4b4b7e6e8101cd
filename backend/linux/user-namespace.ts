import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { messageOf, notImplemented } from '../base/errors.ts';
import type { IdMapping } from '../oci/id-mapping.ts';

/**
 * A user namespace that this process holds by descriptor. The kernel frees it when it is disposed of and no
 * process and no mount uses it: nothing has to be cleaned up after a crash. The paths are good for as long,
 * for the processes that we start too.
 */
export interface UserNamespace extends Disposable {
  readonly mapping: IdMapping;
  readonly fd: number;
  readonly path: string;
  /** A network namespace that belongs to it; null where the namespace is another container's. */
  readonly networkPath: string | null;
}

/**
 * Makes a user namespace with this mapping, and a network namespace that it owns: `sysfs` and the settings
 * of a network are its root's only then.
 *
 * A process with threads cannot make one (unshare(2): EINVAL), so a short-lived child does. It ends by itself when
 * this process dies, because its standard input ends then.
 * @throws not-implemented with the reason where the kernel or its settings forbid it
 */
export async function makeUserNamespace(mapping: IdMapping): Promise<UserNamespace> {
  // `cat` answers what it is told: from then on it is inside. Short options: busybox knows those too.
  const child = spawn('unshare', ['-U', '-n', 'cat'], { stdio: ['pipe', 'pipe', 'pipe'] });
  try {
    const pid = await unshared(child);
    for (const map of ['uid_map', 'gid_map'])
      writeFileSync(`/proc/${pid}/${map}`, `0 ${mapping.hostId} ${mapping.size}`);
    return hold(mapping, `/proc/${pid}/ns/user`, `/proc/${pid}/ns/net`);
  } catch (error) {
    throw notImplemented(`a user namespace cannot be made on this host: ${messageOf(error)}`, error);
  } finally {
    child.stdin.end();
    child.unref();
  }
}

/** The user namespace that a process is in. @throws SyscallError when the process is gone */
export function userNamespaceOf(pid: number, mapping: IdMapping): UserNamespace {
  return hold(mapping, `/proc/${pid}/ns/user`, null);
}

const DEADLINE = 10_000;

async function unshared(child: ChildProcess & { stdin: Writable; stdout: Readable; stderr: Readable }) {
  const said: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text));
  // A child that ended already; its standard error says why.
  child.stdin.on('error', () => undefined);
  const signal = AbortSignal.timeout(DEADLINE);
  child.stdin.write('\n');
  const ended = once(child, 'close', { signal }).then(() => {
    throw new Error(said.join('').trim() || 'unshare ended');
  });
  ended.catch(() => undefined);
  await Promise.race([once(child.stdout, 'data', { signal }), ended]);
  if (child.pid === undefined) throw new Error('unshare was not started');
  return child.pid;
}

function hold(mapping: IdMapping, userPath: string, netPath: string | null): UserNamespace {
  const fd = openSync(userPath, 'r');
  const network = netPath === null ? null : openOr(netPath, () => closeSync(fd));
  const named = (descriptor: number): string => `/proc/${process.pid}/fd/${descriptor}`;
  let open = true;
  return {
    mapping,
    fd,
    path: named(fd),
    networkPath: network === null ? null : named(network),
    [Symbol.dispose]: () => {
      if (!open) return;
      open = false;
      closeSync(fd);
      if (network !== null) closeSync(network);
    },
  };
}

function openOr(path: string, undo: () => void): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    undo();
    throw error;
  }
}
