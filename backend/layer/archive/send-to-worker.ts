import type { Readable } from 'node:stream';
import type { Worker } from 'node:worker_threads';
import { internal, invalidArgument, messageOf, StrataError } from '../../base/errors.ts';
import type { InputTask, FromWorker, ToWorker, View } from './messages.ts';

/** Bytes on their way to a worker that it has not used up yet. */
const WINDOW = 2 ** 20;

export interface ExtractJob {
  job: number;
  view: View;
  task: InputTask;
}

/**
 * Sends an archive to a worker as fast as it takes it. When the source breaks off or the signal aborts, the worker
 * stops where it is. The source itself is left to the caller: its connection may still carry the answer.
 * @throws what the worker says
 */
export async function sendToWorker(
  worker: Worker,
  { job, view, task }: ExtractJob,
  source: Readable,
  { signal, onOpened }: { signal: AbortSignal; onOpened: () => void },
): Promise<void> {
  const flow = new Flow(worker, job, source, onOpened);
  const cutShort = (): void => flow.breakOff();
  const onSourceError = (error: unknown): void =>
    error instanceof StrataError ? flow.fail(error) : flow.breakOff();
  const onExit = (): void => flow.lose(internal('the archive worker ended before its archive'));
  const onError = (cause: unknown): void =>
    flow.lose(internal(`the archive worker failed: ${messageOf(cause)}`, cause));
  worker.on('message', (message: FromWorker) => flow.hear(message));
  worker.once('exit', onExit).once('error', onError);
  signal.addEventListener('abort', cutShort, { once: true });
  source.once('close', cutShort).once('error', onSourceError);
  try {
    flow.start(view, task);
    if (signal.aborted || (source.destroyed && !source.readableEnded)) cutShort();
    await flow.result;
  } finally {
    worker.off('exit', onExit).off('error', onError);
    signal.removeEventListener('abort', cutShort);
    source.off('close', cutShort).off('error', onSourceError);
    flow.stop();
  }
}

/** The conversation about one archive: bytes one way, credit and the answer the other. */
class Flow {
  readonly result: Promise<void>;
  readonly #worker: Worker;
  readonly #job: number;
  readonly #source: Readable;
  readonly #onOpened: () => void;
  readonly #settle: { resolve: () => void; reject: (error: Error) => void };
  #underway = 0;
  #failure: Error | null = null;
  #whole = false;

  constructor(worker: Worker, job: number, source: Readable, onOpened: () => void) {
    this.#worker = worker;
    this.#job = job;
    this.#source = source;
    this.#onOpened = onOpened;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.result = promise;
    this.#settle = { resolve, reject };
  }

  start(view: View, task: InputTask): void {
    this.#post({ kind: 'start', job: this.#job, view, task });
    this.#source.on('data', this.#onData).once('end', this.#onEnd);
  }

  stop(): void {
    this.#source.off('data', this.#onData).off('end', this.#onEnd);
  }

  /** After the last byte a closed connection changes nothing: the archive is whole. */
  breakOff(): void {
    if (!this.#whole) this.fail(invalidArgument('the connection closed before the archive was whole'));
  }

  /** Told when the worker has stopped: until then it may be writing. */
  fail(error: Error): void {
    if (this.#failure) return;
    this.#failure = error;
    this.#post({ kind: 'cancel', job: this.#job });
  }

  /** There is no worker any more. */
  lose(error: Error): void {
    this.#settle.reject(this.#failure ?? error);
  }

  hear(message: FromWorker): void {
    if (message.job !== this.#job) return;
    if (message.kind === 'failed') this.#settle.reject(new StrataError(message.code, message.message));
    else if (message.kind === 'done') this.#settle.resolve();
    else if (message.kind === 'ended')
      this.#settle.reject(this.#failure ?? internal('the work was cancelled'));
    else if (message.kind === 'opened') this.#onOpened();
    else if (message.kind === 'taken') {
      this.#underway -= message.bytes;
      if (this.#underway <= WINDOW) this.#source.resume();
    }
  }

  readonly #onData = (chunk: Buffer): void => {
    // A copy: pieces from a socket share their memory with others, which a transfer would take away.
    const bytes = new Uint8Array(chunk);
    this.#underway += bytes.length;
    if (this.#underway > WINDOW) this.#source.pause();
    this.#post({ kind: 'bytes', job: this.#job, bytes }, [bytes.buffer]);
  };

  readonly #onEnd = (): void => {
    this.#whole = true;
    this.#post({ kind: 'end', job: this.#job });
  };

  #post(message: ToWorker, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
  }
}
