import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { Semaphore } from '../../base/semaphore.ts';
import { trimMemory } from '../../linux/trim-memory.ts';
import { layerWorkerUrl } from './worker-url.ts';

/** Long enough for the layers of one pull to share workers; a daemon at rest keeps none. */
const IDLE_MILLISECONDS = 5000;

export interface WorkerPoolOptions {
  url: URL;
  name: string;
  /** Workers at once. */
  limit: number;
}

/**
 * For layers there is one more than there are cores, so that one that waits for the network or the disk does
 * not leave a core idle.
 */
const LAYERS: WorkerPoolOptions = {
  url: layerWorkerUrl(),
  name: 'layer-worker',
  limit: availableParallelism() + 1,
};

/** Threads that are made when needed and end when idle. */
export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #places: Semaphore;
  readonly #idle = new Map<Worker, NodeJS.Timeout>();
  #closed = false;

  constructor(options: WorkerPoolOptions = LAYERS) {
    this.#options = options;
    this.#places = new Semaphore(options.limit);
  }

  /** Runs work with a worker of its own. Work that has to give up ends its worker. */
  run<T>(work: (worker: Worker) => Promise<T>): Promise<T> {
    return this.#places.run(async () => {
      const worker = this.#take();
      worker.ref();
      try {
        return await work(worker);
      } finally {
        this.#giveBack(worker);
      }
    });
  }

  /** Ends the idle workers, and every other one as soon as its work is over. */
  async close(): Promise<void> {
    this.#closed = true;
    const workers = [...this.#idle.keys()];
    for (const worker of workers) this.#forget(worker);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }

  #take(): Worker {
    for (const worker of this.#idle.keys()) {
      this.#forget(worker);
      if (worker.threadId !== -1) return worker;
    }
    const { url, name } = this.#options;
    const worker = new Worker(url, { name });
    // Whoever works with it listens too; an idle one that dies is simply not used again.
    worker.on('error', () => undefined);
    worker.once('exit', () => this.#forget(worker));
    return worker;
  }

  #giveBack(worker: Worker): void {
    worker.removeAllListeners('message');
    // A worker that was ended, because its layer was given up, has no thread any more.
    if (worker.threadId === -1) return;
    if (this.#closed) return void worker.terminate();
    worker.unref();
    const timer = setTimeout(() => {
      this.#forget(worker);
      void worker.terminate().then(trimMemory);
    }, IDLE_MILLISECONDS);
    this.#idle.set(worker, timer.unref());
  }

  #forget(worker: Worker): void {
    clearTimeout(this.#idle.get(worker));
    this.#idle.delete(worker);
  }
}
