import { Duplex } from 'node:stream';
import { FRAME, MAX_PAYLOAD, STREAM_WINDOW, type FrameType } from './multiplex.ts';

type Send = (type: FrameType, stream: number, payload?: Buffer) => Promise<void>;

/** One stream of a multiplex. Sends only what the other end has granted, and grants what was read. */
export class MultiplexStream extends Duplex {
  readonly #id: number;
  readonly #send: Send;
  #mayWrite = STREAM_WINDOW;
  #windowGrew: (() => void) | undefined;
  readonly #queue: Buffer[] = [];
  #queued = 0;
  #ungranted = 0;
  #wanted = false;
  #farEnded = false;
  #silent = false;

  constructor(id: number, send: Send) {
    super({ allowHalfOpen: true, readableHighWaterMark: 64 * 1024, writableHighWaterMark: MAX_PAYLOAD });
    this.#id = id;
    this.#send = send;
  }

  /** Bytes of the other end. They may come on although nobody reads: at most one window. */
  receive(payload: Buffer): void {
    if (this.destroyed || this.#farEnded) return;
    this.#queued += payload.length;
    if (this.#queued + this.#ungranted > STREAM_WINDOW) {
      this.destroy(new Error('multiplex: the other end sent more than it was granted'));
      return;
    }
    // Copied, because the frame is a view on the whole chunk that came in.
    this.#queue.push(Buffer.from(payload));
    if (this.#wanted) this.#deliver();
  }

  receiveEnd(): void {
    if (this.#farEnded || this.destroyed) return;
    this.#farEnded = true;
    if (this.#wanted) this.#deliver();
  }

  receiveWindow(bytes: number): void {
    this.#mayWrite += bytes;
    this.#windowGrew?.();
  }

  /** The other end or the transport is gone: nothing more is sent for this stream. */
  receiveReset(reason: string): void {
    this.#silent = true;
    this.destroy(new Error(reason));
  }

  override _read(): void {
    this.#deliver();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    settle(this.#writeAll(chunk), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    settle(this.#send(FRAME.end, this.#id), done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#windowGrew?.();
    const finished = this.#farEnded && this.writableFinished;
    if (!finished && !this.#silent) this.#sendQuietly(FRAME.reset, Buffer.from(error?.message ?? 'closed'));
    done(error);
  }

  async #writeAll(chunk: Buffer): Promise<void> {
    let rest = chunk;
    while (rest.length > 0) {
      while (this.#mayWrite === 0 && !this.destroyed) {
        await new Promise<void>((resolve) => {
          this.#windowGrew = resolve;
        });
        this.#windowGrew = undefined;
      }
      if (this.destroyed) return;
      const part = rest.subarray(0, Math.min(rest.length, this.#mayWrite, MAX_PAYLOAD));
      rest = rest.subarray(part.length);
      this.#mayWrite -= part.length;
      await this.#send(FRAME.data, this.#id, part);
    }
  }

  #deliver(): void {
    this.#wanted = true;
    for (let chunk = this.#queue.shift(); chunk !== undefined; chunk = this.#queue.shift()) {
      this.#queued -= chunk.length;
      this.#ungranted += chunk.length;
      this.#wanted = this.push(chunk);
      if (!this.#wanted) break;
    }
    if (this.#farEnded && this.#queue.length === 0) this.push(null);
    else this.#grant();
  }

  /** Tells the other end how much was taken, in portions, so that small reads do not cost a frame each. */
  #grant(): void {
    if (this.#ungranted < STREAM_WINDOW / 4 || this.destroyed) return;
    const payload = Buffer.alloc(4);
    payload.writeUInt32BE(this.#ungranted);
    this.#ungranted = 0;
    this.#sendQuietly(FRAME.window, payload);
  }

  /** For frames that nobody waits for: when the transport is gone, the session says so. */
  #sendQuietly(type: FrameType, payload: Buffer): void {
    this.#send(type, this.#id, payload).catch(() => undefined);
  }
}

/** Streams report by callback, our code by promise; `process.nextTick` keeps a throwing callback out of the promise. */
function settle(work: Promise<void>, done: (error?: Error | null) => void): void {
  const finish = (error?: unknown): void => {
    process.nextTick(done, error);
  };
  work.then(() => finish(), finish);
}
