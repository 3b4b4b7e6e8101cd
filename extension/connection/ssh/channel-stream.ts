import { Duplex } from 'node:stream';
import type { Channel } from 'ssh2';

/**
 * An SSH channel as an ordinary stream. ssh2's own channels never call back a write after the channel was
 * closed, emit `close` only when everything was read, and their `destroy` is not Node's: HTTP and
 * `pipeline` wait for ever on them.
 */
export class ChannelStream extends Duplex {
  readonly #channel: Channel;
  #waiting: ((error?: Error | null) => void) | undefined;

  constructor(channel: Channel) {
    super({ allowHalfOpen: true });
    this.#channel = channel;
    channel.on('data', (chunk: Buffer) => {
      if (!this.destroyed && !this.push(chunk)) channel.pause();
    });
    channel.once('end', () => this.push(null));
    channel.on('error', (error: Error) => this.destroy(error));
    channel.once('close', () => this.#closed());
    // Nothing flows before somebody reads.
    channel.pause();
  }

  override _read(): void {
    this.#channel.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#waiting = done;
    this.#channel.write(chunk, (error) => this.#written(error));
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#channel.end();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#channel.close();
    // What nobody wants any more must flow off, or ssh2 never forgets the channel.
    this.#channel.resume();
    this.#written(error ?? new Error('the channel was closed'));
    done(error);
  }

  #written(error?: Error | null): void {
    const done = this.#waiting;
    this.#waiting = undefined;
    done?.(error);
  }

  #closed(): void {
    this.#written(new Error('the channel was closed'));
    // A reader that has not taken everything yet gets the rest and the end.
    if (this.readableEnded || this.destroyed) this.destroy();
    else {
      this.push(null);
      this.once('end', () => this.destroy());
    }
  }
}
