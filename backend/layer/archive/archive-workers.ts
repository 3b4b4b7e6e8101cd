import type { Readable } from 'node:stream';
import { WorkerPool } from '../worker/worker-pool.ts';
import type { InputTask, PathStat, Task, View } from './messages.ts';
import { readFromWorker } from './read-from-worker.ts';
import { sendToWorker } from './send-to-worker.ts';

export interface ReadJob {
  /**
   * Settles when the tree is open; from then on it stays so, whatever becomes of the paths that lead to it. Null for
   * a task without a path. @throws not-found; invalid-argument where a component of the path is no directory
   */
  opened: Promise<PathStat | null>;
  /** The archive, made while it is read. Empty for `stat`. Destroying it ends the work. */
  content: Readable;
  /** Settles when nothing is read or written any more, also after a cancellation. Never rejects. */
  closed: Promise<void>;
}

export interface ExtractJob {
  /** As above. @throws forbidden where the place is read-only */
  opened: Promise<void>;
  /** @throws invalid-argument naming the entry. What was extracted before it stays. */
  done: Promise<void>;
}

/**
 * Threads that look into and change trees of files which belong to strangers. A job keeps its thread until its
 * stream ends, so there are as many threads as there are transfers.
 */
export interface ArchiveWorkers {
  read(view: View, task: Exclude<Task, InputTask>): ReadJob;
  /** Extracts an archive, or writes a file. */
  extract(view: View, task: InputTask, source: Readable, signal: AbortSignal): ExtractJob;
  close(): Promise<void>;
}

/** More than a machine has clients that copy at once; each is a thread. */
const AT_ONCE = 256;

export function createArchiveWorkers(): ArchiveWorkers {
  const pool = new WorkerPool({ url: workerUrl(), name: 'archive-worker', limit: AT_ONCE });
  let jobs = 0;
  return {
    read: (view, task) =>
      readFromWorker((work) => pool.run((worker) => work(worker, (jobs += 1))), view, task),
    extract: (view, task, source, signal) => {
      const { promise: opened, resolve, reject } = Promise.withResolvers<void>();
      const done = pool.run((worker) => {
        const job = { job: (jobs += 1), view, task };
        return sendToWorker(worker, job, source, { signal, onOpened: resolve });
      });
      done.then(resolve, reject);
      // Whoever waits for the one may not yet wait for the other.
      opened.catch(() => undefined);
      done.catch(() => undefined);
      return { opened, done };
    },
    close: () => pool.close(),
  };
}

/** Beside the daemon where both are bundled into files of their own, else the source, which Node runs as it is. */
function workerUrl(): URL {
  const bundled = !import.meta.url.endsWith('.ts');
  return new URL(bundled ? './archive-worker.mjs' : './archive-worker.ts', import.meta.url);
}
