import { Readable } from 'node:stream';
import type { Worker } from 'node:worker_threads';
import { internal, messageOf, StrataError } from '../../base/errors.ts';
import type { FromWorker, PathStat, Task, ToWorker, View } from './messages.ts';

type UseWorker = (work: (worker: Worker, job: number) => Promise<void>) => Promise<void>;

export interface WorkerOutput {
  /** Settles when the tree is open; null without a path, or when it was cancelled. Rejects with what the worker says. */
  opened: Promise<PathStat | null>;
  content: Readable;
  /** Settles when the worker has stopped, also after a cancellation. Never rejects. */
  closed: Promise<void>;
}

const BUFFER = 2 ** 20;

/**
 * Runs a job whose bytes are read here: the worker goes on as far as they are taken. A stream that is destroyed
 * cancels the job, and the worker is free for the next one.
 */
export function readFromWorker(use: UseWorker, view: View, task: Task): WorkerOutput {
  const { promise: opened, resolve, reject } = Promise.withResolvers<PathStat | null>();
  // Nobody may be interested in it.
  opened.catch(() => undefined);
  let conversation: Conversation | null = null;
  const content = new Readable({
    highWaterMark: BUFFER,
    read: () => conversation?.more(),
    destroy: (error, done) => {
      conversation?.cancel();
      resolve(null);
      done(error);
    },
  });
  const fail = (error: Error): void => {
    reject(error);
    content.destroy(error);
  };
  // A failure reaches whoever reads; without a listener it would end the daemon when nobody does any more.
  content.on('error', () => undefined);
  const running = use(async (worker, job) => {
    if (content.destroyed) return;
    conversation = new Conversation(worker, job, content, resolve);
    await conversation.run(view, task);
  });
  running.catch((error: unknown) => fail(error instanceof Error ? error : internal(messageOf(error))));
  return { opened, content, closed: running.catch(() => undefined) };
}

class Conversation {
  readonly #worker: Worker;
  readonly #job: number;
  readonly #content: Readable;
  readonly #onOpened: (stat: PathStat | null) => void;
  readonly #ended = Promise.withResolvers<void>();
  #untold = 0;

  constructor(worker: Worker, job: number, content: Readable, onOpened: (stat: PathStat | null) => void) {
    this.#worker = worker;
    this.#job = job;
    this.#content = content;
    this.#onOpened = onOpened;
  }

  async run(view: View, task: Task): Promise<void> {
    const onExit = (): void => this.#ended.reject(internal('the archive worker ended before its archive'));
    const onError = (cause: unknown): void =>
      this.#ended.reject(internal(`the archive worker failed: ${messageOf(cause)}`, cause));
    this.#worker.on('message', (message: FromWorker) => this.#hear(message));
    this.#worker.once('exit', onExit).once('error', onError);
    try {
      this.#post({ kind: 'start', job: this.#job, view, task });
      await this.#ended.promise;
    } finally {
      this.#worker.off('exit', onExit).off('error', onError);
    }
  }

  /** The reader wants more: as much as it was given may be sent again. */
  more(): void {
    if (this.#untold === 0) return;
    this.#post({ kind: 'credit', job: this.#job, bytes: this.#untold });
    this.#untold = 0;
  }

  /** The job is over when the worker says so: until then it may be at work. */
  cancel(): void {
    this.#post({ kind: 'cancel', job: this.#job });
  }

  #hear(message: FromWorker): void {
    if (message.job !== this.#job) return;
    if (message.kind === 'opened') this.#onOpened(message.stat);
    else if (message.kind === 'bytes') this.#give(message.bytes);
    else if (message.kind === 'failed') this.#ended.reject(new StrataError(message.code, message.message));
    else if (message.kind === 'ended') this.#ended.resolve();
    else if (message.kind === 'done') {
      this.#content.push(null);
      this.#ended.resolve();
    }
  }

  #give({ buffer, byteOffset, byteLength }: Uint8Array): void {
    this.#untold += byteLength;
    // What is full asks again when it is not.
    if (this.#content.push(Buffer.from(buffer, byteOffset, byteLength))) this.more();
  }

  #post(message: ToWorker): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin
    this.#worker.postMessage(message);
  }
}
