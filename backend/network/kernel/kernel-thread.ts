import { Worker } from 'node:worker_threads';
import { internal } from '../../base/errors.ts';
import type { KernelCalls } from './kernel-calls.ts';
import type { KernelAnswer, KernelRequest } from './kernel-worker.ts';

/** The kernel said no. `code` is the errno's name, so that `isErrno` knows it. */
class KernelFailure extends Error {
  readonly code: string;

  constructor(message: string, code: string) {
    super(message);
    this.name = 'KernelFailure';
    this.code = code;
  }
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

const CALL_TIMEOUT = 30_000;

/**
 * A thread of its own for namespaces and netlink. A network namespace belongs to a thread, so the main
 * thread must never leave its own; and the calls block while the kernel's rtnl lock is held elsewhere.
 * Netlink by system calls and not by `ip`: a whole attach takes 1–3 ms this way, a single spawned `ip` 3–5 ms.
 * The thread starts at the first call and costs about 18 MB of memory.
 */
export class KernelThread implements AsyncDisposable {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #lastId = 0;

  async call<Name extends keyof KernelCalls>(
    name: Name,
    ...args: Parameters<KernelCalls[Name]>
  ): Promise<ReturnType<KernelCalls[Name]>> {
    const worker = (this.#worker ??= this.#start());
    const id = (this.#lastId += 1);
    const answer = new Promise<unknown>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    const timer = setTimeout(() => this.#fail(id, name), CALL_TIMEOUT);
    worker.ref();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, not a window
    worker.postMessage({ id, name, args } satisfies KernelRequest);
    try {
      return (await answer) as ReturnType<KernelCalls[Name]>;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) worker.unref();
    }
  }

  #start(): Worker {
    const worker = new Worker(new URL('./kernel-worker.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 2 },
    });
    worker.on('message', (answer: KernelAnswer) => this.#settle(answer));
    worker.on('error', (error) => this.#lost(worker, error));
    worker.on('exit', () => this.#lost(worker, internal('the network thread ended')));
    return worker;
  }

  #settle(answer: KernelAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    if ('failure' in answer) {
      waiting?.reject(new KernelFailure(answer.failure.message, answer.failure.code));
    } else waiting?.resolve(answer.result);
  }

  /** Whoever waits is told; the next call starts a new thread. */
  #lost(worker: Worker, error: Error): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    for (const waiting of this.#waiting.values()) waiting.reject(error);
  }

  #fail(id: number, name: string): void {
    this.#waiting.get(id)?.reject(internal(`the kernel did not answer ${name} within ${CALL_TIMEOUT} ms`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
    for (const waiting of this.#waiting.values()) waiting.reject(internal('the network thread was closed'));
  }
}
