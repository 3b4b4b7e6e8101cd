import type { Duplex, Readable, Writable } from 'node:stream';
import { once } from 'node:events';
import {
  decodeTarget,
  encodeFrame,
  encodeTarget,
  FRAME,
  FrameReader,
  MULTIPLEX_GREETING,
  type Frame,
  type FrameType,
  type OpenTarget,
} from './multiplex.ts';
import { MultiplexStream } from './multiplex-stream.ts';

export interface MultiplexOptions {
  input: Readable;
  output: Writable;
  /** Present at the serving end: makes the stream that a request asks for, or throws. */
  dial?: (target: OpenTarget) => Promise<Duplex>;
}

interface Opening {
  resolve(): void;
  reject(error: Error): void;
}

/** Both ends of the multiplex: the client opens streams, the server dials their targets. */
export class MultiplexSession {
  readonly #options: MultiplexOptions;
  readonly #streams = new Map<number, MultiplexStream>();
  readonly #openings = new Map<number, Opening>();
  readonly #reader = new FrameReader();
  readonly #pongs = new Set<() => void>();
  /** Fulfilled with the reason once the transport is gone. */
  readonly closed: Promise<Error>;
  /** Fulfilled once the other end has greeted; rejected when it is gone before. */
  readonly greeted: Promise<void>;
  #greet: { resolve(): void; reject(error: Error): void } = { resolve() {}, reject() {} };
  #close: (reason: Error) => void = () => undefined;
  #closedFor: Error | undefined;
  #nextId = 1;
  #before: Buffer | undefined = Buffer.alloc(0);

  constructor(options: MultiplexOptions) {
    this.#options = options;
    this.closed = new Promise((resolve) => {
      this.#close = resolve;
    });
    this.greeted = new Promise((resolve, reject) => {
      this.#greet = { resolve, reject };
    });
    this.greeted.catch(() => undefined);
    const { input, output } = options;
    input.on('data', (chunk: Buffer) => this.#take(chunk));
    input.once('end', () => this.end(new Error('multiplex: the other end has closed')));
    input.once('close', () => this.end(new Error('multiplex: the other end has closed')));
    for (const side of [input, output]) side.on('error', (error: Error) => this.end(error));
    output.write(MULTIPLEX_GREETING);
  }

  /** A new stream to a target at the other end. @throws with the other end's reason. */
  async open(target: OpenTarget, signal?: AbortSignal): Promise<Duplex> {
    await this.greeted;
    if (this.#closedFor) throw this.#closedFor;
    signal?.throwIfAborted();
    const id = this.#nextId++;
    const stream = this.#create(id);
    // A stream that was never opened has nobody else who listens for its error.
    const ignore = (): void => undefined;
    stream.on('error', ignore);
    const opened = new Promise<void>((resolve, reject) => {
      this.#openings.set(id, { resolve, reject });
    });
    const abort = (): void => {
      const failure = new Error('opening the stream was cancelled');
      stream.destroy();
      this.#openings.get(id)?.reject(failure);
    };
    signal?.addEventListener('abort', abort, { once: true });
    try {
      await this.#send(FRAME.open, id, encodeTarget(target));
      await opened;
      stream.off('error', ignore);
      return stream;
    } finally {
      signal?.removeEventListener('abort', abort);
      this.#openings.delete(id);
    }
  }

  /** Resolves when the other end answers. */
  async ping(signal: AbortSignal): Promise<void> {
    await this.greeted;
    let answered: () => void = () => undefined;
    let late: () => void = () => undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        answered = resolve;
        late = () => reject(new Error('multiplex: no answer to a ping'));
        signal.addEventListener('abort', late, { once: true });
        void this.closed.then(reject);
        this.#pongs.add(answered);
        this.#send(FRAME.ping, 0).catch(reject);
      });
    } finally {
      signal.removeEventListener('abort', late);
      this.#pongs.delete(answered);
    }
  }

  /** Ends every stream and the session; safe to call more than once. */
  end(reason: Error): void {
    if (this.#closedFor) return;
    this.#closedFor = reason;
    this.#greet.reject(reason);
    for (const opening of this.#openings.values()) opening.reject(reason);
    for (const stream of this.#streams.values()) stream.receiveReset(reason.message);
    this.#streams.clear();
    this.#options.output.end();
    this.#close(reason);
  }

  #take(chunk: Buffer): void {
    try {
      const bytes = this.#before === undefined ? chunk : this.#skipToGreeting(this.#before, chunk);
      if (bytes.length > 0) for (const frame of this.#reader.read(bytes)) this.#handle(frame);
    } catch (error) {
      this.end(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** A login shell may print a message of the day before our program speaks. */
  #skipToGreeting(before: Buffer, chunk: Buffer): Buffer {
    const seen = Buffer.concat([before, chunk]);
    const at = seen.indexOf(MULTIPLEX_GREETING);
    if (at < 0) {
      if (seen.length > 64 * 1024) throw new Error('multiplex: the other end does not speak this protocol');
      this.#before = seen;
      return Buffer.alloc(0);
    }
    this.#before = undefined;
    this.#greet.resolve();
    return seen.subarray(at + MULTIPLEX_GREETING.length);
  }

  #handle({ type, stream: id, payload }: Frame): void {
    const stream = this.#streams.get(id);
    if (type === FRAME.open) this.#accept(id, payload);
    else if (type === FRAME.ping) void this.#send(FRAME.pong, 0).catch(() => undefined);
    else if (type === FRAME.pong) this.#answered();
    else if (stream === undefined) return;
    else if (type === FRAME.data) stream.receive(payload);
    else if (type === FRAME.end) stream.receiveEnd();
    else if (type === FRAME.window) stream.receiveWindow(payload.length === 4 ? payload.readUInt32BE(0) : 0);
    else if (type === FRAME.opened) this.#openings.get(id)?.resolve();
    else this.#reset(id, stream, payload.toString());
  }

  #answered(): void {
    for (const resolve of this.#pongs) resolve();
    this.#pongs.clear();
  }

  #reset(id: number, stream: MultiplexStream, reason: string): void {
    this.#openings.get(id)?.reject(new Error(reason));
    stream.receiveReset(reason);
  }

  #accept(id: number, payload: Buffer): void {
    const { dial } = this.#options;
    if (dial === undefined || this.#streams.has(id)) throw new Error('multiplex: unexpected request to open');
    const stream = this.#create(id);
    stream.on('error', () => undefined);
    const connect = async (): Promise<void> => {
      const target = await dial(decodeTarget(payload));
      target.on('error', (error) => stream.destroy(error));
      stream.once('close', () => target.destroy());
      await this.#send(FRAME.opened, id);
      stream.pipe(target);
      target.pipe(stream);
    };
    connect().catch((error: unknown) =>
      stream.destroy(error instanceof Error ? error : new Error(String(error))),
    );
  }

  #create(id: number): MultiplexStream {
    const stream = new MultiplexStream(id, (type, id, payload) => this.#send(type, id, payload));
    this.#streams.set(id, stream);
    stream.once('close', () => this.#streams.delete(id));
    return stream;
  }

  async #send(type: FrameType, stream: number, payload?: Buffer): Promise<void> {
    if (this.#closedFor) throw this.#closedFor;
    const { output } = this.#options;
    if (output.write(encodeFrame(type, stream, payload)) || type !== FRAME.data) return;
    await Promise.race([once(output, 'drain'), this.closed]);
  }
}
