import type { IncomingMessage } from 'node:http';
import { invalidArgument } from '../base/errors.ts';
import { StalledError, seconds } from './http-request.ts';

/** Bytes that may wait for the consumer; the socket is paused above. */
const AHEAD = 512 * 1024;

/**
 * The chunks of a body. Ends with StalledError when no byte comes for `stallTimeout` milliseconds
 * while the consumer waits for one; a consumer that is slow itself stalls nothing.
 *
 * Reads by `data` events: iterating over the response would join what has arrived into new buffers,
 * which for a large blob copies all of it once more.
 */
export async function* bodyChunks(response: IncomingMessage, stallTimeout: number): AsyncGenerator<Buffer> {
  const inbox = new Inbox(response);
  const timer = setTimeout(() => {
    if (inbox.isAwaited)
      response.destroy(new StalledError(`no bytes arrived for ${seconds(stallTimeout)} seconds`));
    else timer.refresh();
  }, stallTimeout);
  try {
    for (;;) {
      const chunk = inbox.take() ?? (await inbox.next());
      if (chunk === undefined) return;
      timer.refresh();
      yield chunk;
    }
  } finally {
    clearTimeout(timer);
    response.destroy();
  }
}

class Inbox {
  /** The consumer waits for a chunk. */
  isAwaited = false;
  readonly #response: IncomingMessage;
  #chunks: Buffer[] = [];
  #next = 0;
  #waiting = 0;
  #end: { error?: Error } | undefined;
  #wake: () => void = () => undefined;

  constructor(response: IncomingMessage) {
    this.#response = response;
    response.on('data', (chunk: Buffer) => this.#receive(chunk));
    response.once('end', () => this.#finish({}));
    response.once('error', (error) => this.#finish({ error }));
    // Without a word of its own: a body that was cut off is no whole body.
    response.once('close', () => this.#finish(response.complete ? {} : { error: brokenOff() }));
  }

  take(): Buffer | undefined {
    const chunk = this.#chunks[this.#next];
    if (chunk === undefined) return undefined;
    this.#next += 1;
    this.#waiting -= chunk.length;
    if (this.#next === this.#chunks.length) [this.#chunks, this.#next] = [[], 0];
    if (this.#waiting < AHEAD && this.#response.isPaused()) this.#response.resume();
    return chunk;
  }

  /** Undefined at the end. @throws what broke the body off */
  async next(): Promise<Buffer | undefined> {
    while (this.#chunks.length === 0) {
      if (this.#end?.error) throw this.#end.error;
      if (this.#end) return undefined;
      this.isAwaited = true;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.isAwaited = false;
    }
    return this.take();
  }

  #receive(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#waiting += chunk.length;
    if (this.#waiting >= AHEAD) this.#response.pause();
    this.#wake();
  }

  #finish(end: { error?: Error }): void {
    this.#end ??= end;
    this.#wake();
  }
}

function brokenOff(): Error {
  return Object.assign(new Error('the connection broke off'), { code: 'ECONNRESET' });
}

/** A whole body of at most `limit` bytes. @throws invalid-argument when it is longer */
export async function readBody(
  response: IncomingMessage,
  limit: number,
  stallTimeout: number,
  what: string,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of bodyChunks(response, stallTimeout)) {
    length += chunk.length;
    if (length > limit) throw invalidArgument(`${what} is longer than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
