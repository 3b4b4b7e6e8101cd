import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { messageOf, notImplemented, unavailable } from '../base/errors.ts';
import type { IdMapping } from '../oci/id-mapping.ts';

/**
 * A user namespace and a network namespace that it owns: only then may its root mount sysfs and change the
 * network's settings. Both are held by descriptors of this process, so that a crash leaves nothing: the kernel
 * frees them once no descriptor, process and mount uses them.
 */
export interface UserNamespace extends Disposable {
  readonly mapping: IdMapping;
  readonly fd: number;
  /** Good until it is disposed of, for the programs that we start too. */
  readonly path: string;
  readonly networkPath: string;
}

/**
 * A process with threads cannot make one (unshare(2): EINVAL), so a short-lived child does.
 * @throws not-implemented with the reason where the kernel or its settings forbid it
 */
export async function makeUserNamespace(mapping: IdMapping): Promise<UserNamespace> {
  // Short options: busybox has those too.
  using child = await startInside('unshare', ['-U', '-n', 'cat']).catch((error: unknown) => {
    throw notImplemented(
      `user namespaces do not work on this host: ${messageOf(error)} (see user.max_user_namespaces)`,
      error,
    );
  });
  for (const map of ['uid_map', 'gid_map'])
    writeFileSync(`/proc/${child.pid}/${map}`, `0 ${mapping.hostId} ${mapping.size}`);
  return hold(child.pid, mapping);
}

/** The user namespace that a process is in, with a new network namespace. @throws unavailable when the process is gone */
export async function joinUserNamespace(pid: number, mapping: IdMapping): Promise<UserNamespace> {
  const args = [`-U/proc/${pid}/ns/user`, 'unshare', '-n', 'cat'];
  using child = await startInside('nsenter', args).catch((error: unknown) => {
    throw unavailable(`the user namespace of process ${pid} cannot be joined: ${messageOf(error)}`, error);
  });
  return hold(child.pid, mapping);
}

const DEADLINE = 10_000;

/**
 * A program that ends in `cat`, which answers what it is told: from then on it is inside. It ends with its standard
 * input, so also when this process dies.
 */
async function startInside(program: string, args: readonly string[]): Promise<{ pid: number } & Disposable> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const said: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text));
  // It may have ended already; what it said tells why.
  child.stdin.on('error', () => undefined);
  child.unref();
  const signal = AbortSignal.timeout(DEADLINE);
  const ended = once(child, 'close', { signal }).then(() => {
    throw new Error(said.join('').trim() || `${program} ended`);
  });
  ended.catch(() => undefined);
  try {
    child.stdin.write('\n');
    await Promise.race([once(child.stdout, 'data', { signal }), ended]);
    const { pid = 0 } = child;
    return { pid, [Symbol.dispose]: () => void child.stdin.end() };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}

function hold(pid: number, mapping: IdMapping): UserNamespace {
  const fd = openSync(`/proc/${pid}/ns/user`, 'r');
  const descriptors = [fd];
  const close = (): void => {
    for (const descriptor of descriptors.splice(0)) closeSync(descriptor);
  };
  try {
    const network = openSync(`/proc/${pid}/ns/net`, 'r');
    descriptors.push(network);
    const named = (descriptor: number): string => `/proc/${process.pid}/fd/${descriptor}`;
    return { mapping, fd, path: named(fd), networkPath: named(network), [Symbol.dispose]: close };
  } catch (error) {
    close();
    throw error;
  }
}
