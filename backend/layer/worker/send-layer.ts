import type { Readable } from 'node:stream';
import type { Worker } from 'node:worker_threads';
import { internal, messageOf, StrataError, unavailable } from '../../base/errors.ts';
import type { StoredMeta } from '../layer-files.ts';
import type { ApplyJob, FromWorker, ToWorker } from './messages.ts';

/** Bytes on their way to a worker that it has not used up yet. */
const WINDOW = 4 * 2 ** 20;
/** Small pieces, as they come from a socket, travel together. */
const BATCH = 256 * 1024;

/**
 * Sends a layer's bytes to a worker as fast as it takes them, and returns what it made of them. When the
 * source fails or the signal aborts, the worker is ended: nothing else stops it in the middle of a file.
 * @throws what the worker says, or the source's own failure
 */
export async function sendLayer(
  worker: Worker,
  job: ApplyJob,
  source: Readable,
  signal?: AbortSignal,
): Promise<StoredMeta> {
  const flow = new Flow(worker, job.job);
  const abort = (): void => void source.destroy(unavailable(`apply of layer ${job.diffId} was cancelled`));
  signal?.addEventListener('abort', abort, { once: true });
  // Its failure reaches us through the reading; without a listener it would end the daemon.
  source.on('error', () => undefined);
  if (signal?.aborted) abort();
  try {
    flow.post({ kind: 'start', ...job });
    await Promise.race([pump(source, flow), flow.result]);
    return await flow.result;
  } catch (error) {
    if (!flow.answered) await worker.terminate();
    throw error;
  } finally {
    source.destroy();
    signal?.removeEventListener('abort', abort);
    flow.close();
  }
}

async function pump(source: Readable, flow: Flow): Promise<void> {
  let batch: Buffer[] = [];
  let size = 0;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    batch.push(chunk);
    size += chunk.length;
    if (size < BATCH) continue;
    await flow.send(batch, size);
    if (flow.answered) return;
    batch = [];
    size = 0;
  }
  if (size > 0) await flow.send(batch, size);
  flow.end();
}

/** The conversation about one job: credit for bytes that were taken, and the answer. */
class Flow {
  readonly result: Promise<StoredMeta>;
  answered = false;
  readonly #worker: Worker;
  readonly #job: number;
  #underway = 0;
  #onCredit: () => void = () => undefined;
  #settle: { resolve(meta: StoredMeta): void; reject(error: Error): void };

  constructor(worker: Worker, job: number) {
    this.#worker = worker;
    this.#job = job;
    const { promise, resolve, reject } = Promise.withResolvers<StoredMeta>();
    this.result = promise;
    this.#settle = { resolve, reject };
    // The one who waits for it may be busy with the source when it fails.
    promise.catch(() => undefined);
    worker.on('message', (message: FromWorker) => this.#hear(message));
    worker.once('exit', this.#onExit);
    worker.once('error', this.#onError);
  }

  async send(batch: readonly Buffer[], size: number): Promise<void> {
    // A copy: pieces from a socket share their memory with others, which a transfer would take away.
    const bytes = new Uint8Array(size);
    let at = 0;
    for (const piece of batch) {
      bytes.set(piece, at);
      at += piece.length;
    }
    this.#underway += size;
    this.post({ kind: 'bytes', job: this.#job, bytes }, [bytes.buffer]);
    while (this.#underway > WINDOW && !this.answered)
      await new Promise<void>((resolve) => {
        this.#onCredit = resolve;
      });
  }

  end(): void {
    this.post({ kind: 'end', job: this.#job });
  }

  post(message: ToWorker, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  close(): void {
    this.#worker.off('exit', this.#onExit);
    this.#worker.off('error', this.#onError);
  }

  readonly #onExit = (): void => this.#fail(internal('the layer worker ended before its layer was whole'));
  readonly #onError = (cause: unknown): void => {
    this.#fail(internal(`the layer worker failed: ${messageOf(cause)}`, cause));
  };

  #hear(message: FromWorker): void {
    if (message.job !== this.#job) return;
    if (message.kind === 'taken') this.#underway -= message.bytes;
    else if (message.kind === 'failed') this.#fail(new StrataError(message.code, message.message));
    else {
      this.answered = true;
      this.#settle.resolve(message.meta);
    }
    this.#onCredit();
  }

  #fail(error: Error): void {
    this.answered = true;
    this.#settle.reject(error);
    this.#onCredit();
  }
}
