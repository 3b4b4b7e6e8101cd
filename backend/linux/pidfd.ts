import { closeSync } from 'node:fs';
import { syscall } from './libc.ts';
import { socketOfFd } from './fd-socket.ts';
import { startTimeOf } from './proc-stat.ts';

// System call numbers above 423 are the same on every architecture.
const SYS_PIDFD_SEND_SIGNAL = 424;
const SYS_PIDFD_OPEN = 434;

// Called by number: glibc has the wrapper functions from 2.36 on only.
const call = syscall('long syscall(long number, long first, long second, void *third, long fourth)');

/** A process by pid and start time, so that it is never taken for a later one with the same pid. */
interface Identity {
  pid: number;
  startTime: number;
}

/** A descriptor that stands for this very process. Null when the process is gone (a zombie is not gone). */
function openPidfd(process: Identity): number | null {
  let fd: number;
  try {
    fd = call(`pidfd_open ${process.pid}`, SYS_PIDFD_OPEN, process.pid, 0, null, 0);
  } catch {
    return null;
  }
  // Checked after opening: from here on the pid cannot be given to another process unnoticed.
  if (startTimeOf(process.pid) === process.startTime) return fd;
  closeSync(fd);
  return null;
}

/** Sends a signal. @returns false when the process is gone. */
export function signalProcess(process: Identity, signal: number): boolean {
  const fd = openPidfd(process);
  if (fd === null) return false;
  try {
    call(`signal ${signal} to ${process.pid}`, SYS_PIDFD_SEND_SIGNAL, fd, signal, null, 0);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  } finally {
    closeSync(fd);
  }
}

export interface ProcessWatch extends Disposable {
  /** Settles when the process has ended, whoever its parent is. Never settles after the watch is disposed of. */
  readonly ended: Promise<void>;
}

/**
 * Watches for the end of a process that need not be our child, without polling: a pidfd becomes readable
 * at that moment. libuv then reads from it, which the kernel refuses with EINVAL: that error is the news.
 */
export function watchProcess(process: Identity): ProcessWatch {
  const fd = openPidfd(process);
  if (fd === null) return { ended: Promise.resolve(), [Symbol.dispose]: () => undefined };
  const socket = socketOfFd(fd);
  const ended = new Promise<void>((resolve) => socket.once('error', () => resolve()));
  socket.resume();
  return {
    ended,
    [Symbol.dispose]: () => {
      socket.removeAllListeners('error').on('error', () => undefined);
      socket.destroy();
    },
  };
}
