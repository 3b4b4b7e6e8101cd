import { closeSync, openSync, unlinkSync, writeFileSync } from 'node:fs';
import { isErrno } from '../base/errors.ts';
import { syscall } from './libc.ts';
import { detach, mount, MS_BIND } from './mount.ts';

const CLONE_NEWNET = 0x40000000;
const THREADS_NAMESPACE = '/proc/thread-self/ns/net';

const unshareCall = syscall('int unshare(int flags)');
const setnsCall = syscall('int setns(int fd, int kind)');

/** The thread could not return to its own namespace: it must not be used any more. */
export class NamespaceLost extends Error {
  constructor(cause: unknown) {
    super('a thread could not return to its own network namespace', { cause });
    this.name = 'NamespaceLost';
  }
}

/**
 * Makes a network namespace, bound at `path`, and runs `inside` in it. For worker threads: the calling
 * thread leaves its namespace for that time, and only for that time.
 * @throws NamespaceLost, and whatever `inside` throws; the namespace is then removed
 */
export function createNamespace(path: string, inside: () => void): void {
  const home = openSync(THREADS_NAMESPACE, 'r');
  try {
    unshareCall('make a network namespace', CLONE_NEWNET);
    try {
      bind(path);
      inside();
    } catch (error) {
      removeNamespace(path);
      throw error;
    } finally {
      comeBack(home);
    }
  } finally {
    closeSync(home);
  }
}

/** Gives a namespace that exists already, such as one of a user namespace, a name of ours, and runs `inside` in it. */
export function adoptNamespace(path: string, source: string, inside: () => void): void {
  bind(path, source);
  try {
    inNamespace(path, inside);
  } catch (error) {
    removeNamespace(path);
    throw error;
  }
}

/** Runs `inside` in the namespace bound at `path`. For worker threads, as above. @throws NamespaceLost */
export function inNamespace<T>(path: string, inside: () => T): T {
  const home = openSync(THREADS_NAMESPACE, 'r');
  const there = openSync(path, 'r');
  try {
    setnsCall(`enter network namespace ${path}`, there, CLONE_NEWNET);
    try {
      return inside();
    } finally {
      comeBack(home);
    }
  } finally {
    closeSync(there);
    closeSync(home);
  }
}

function comeBack(home: number): void {
  try {
    setnsCall('return to the own network namespace', home, CLONE_NEWNET);
  } catch (error) {
    throw new NamespaceLost(error);
  }
}

/**
 * Takes the name away. The kernel frees the namespace, and with it the veth pairs that end in it, in its
 * own time, once no process is left inside. Idempotent.
 */
export function removeNamespace(path: string): void {
  try {
    detach(path);
  } catch (error) {
    // EINVAL: nothing is mounted there any more.
    if (!isErrno(error, 'EINVAL') && !isErrno(error, 'ENOENT')) throw error;
  }
  try {
    unlinkSync(path);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}

function bind(path: string, source = THREADS_NAMESPACE): void {
  writeFileSync(path, '', { flag: 'wx', mode: 0o444 });
  mount({ source, target: path, type: null, flags: MS_BIND });
}
