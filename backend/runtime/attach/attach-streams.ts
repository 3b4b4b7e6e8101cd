import { closeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { Readable, Writable } from 'node:stream';
import { duplicate } from '../../linux/duplicate.ts';
import { socketOfFd } from '../../linux/fd-socket.ts';
import { connectSeqpacket } from '../../linux/seqpacket.ts';
import type { AttachedStreams } from '../runtime.ts';

/** The first byte of each packet that conmon sends. */
const STDERR = 3;
/** conmon reads at most 32767 bytes of a packet and drops the rest. */
const LARGEST_WRITE = 16 * 1024;
/** conmon's packets carry at most 8 KiB of output behind the stream's byte. */
const RECEIVE_BUFFER = 64 * 1024;

/**
 * Connects to conmon's attach socket. Output of the two streams shares one socket: while either Readable is full,
 * nothing is read, conmon blocks, and so does the process that writes: memory stays bounded.
 * @throws when nobody listens there.
 */
export function attachStreams(path: string, streams: { stdin: boolean; tty: boolean }): AttachedStreams {
  const fd = connectSeqpacket(path);
  const connection = new AttachConnection(fd, streams.tty);
  return {
    stdout: connection.stdout,
    stderr: connection.stderr,
    stdin: streams.stdin ? connection.stdin() : null,
    [Symbol.dispose]: () => connection.dispose(),
  };
}

class AttachConnection {
  readonly stdout: Readable;
  readonly stderr: Readable | null;
  readonly #full = new Set<Readable>();
  #socket: Socket;
  #spare: number | null;
  #over = false;

  constructor(fd: number, tty: boolean) {
    this.stdout = this.#readable();
    this.stderr = tty ? null : this.#readable();
    this.#spare = duplicate(fd);
    this.#socket = this.#open(fd);
    this.#socket.resume();
  }

  #readable(): Readable {
    const readable: Readable = new Readable({
      read: () => {
        this.#full.delete(readable);
        if (this.#full.size === 0 && !this.#over) this.#socket.resume();
      },
      // A reader that goes away must not hold up the other stream.
      destroy: (error, done) => {
        this.#full.delete(readable);
        done(error);
        if (this.#full.size === 0 && !this.#over) this.#socket.resume();
      },
    });
    return readable;
  }

  #open(fd: number): Socket {
    const socket = socketOfFd(fd, {
      // The end of our standard input must not end the output.
      allowHalfOpen: true,
      onread: {
        // One read of the kernel per call: packet boundaries are kept.
        buffer: Buffer.allocUnsafe(RECEIVE_BUFFER),
        callback: (length, buffer) => this.#receive(buffer.subarray(0, length)),
      },
    });
    socket.once('end', () => this.#end());
    socket.once('close', () => this.#end());
    socket.once('error', (error) => this.#failed(error));
    return socket;
  }

  #receive(packet: Uint8Array): boolean {
    const target = packet[0] === STDERR && this.stderr ? this.stderr : this.stdout;
    if (target.destroyed || packet.length < 2) return true;
    if (!target.push(Buffer.from(packet.subarray(1)))) this.#full.add(target);
    return this.#full.size === 0;
  }

  /**
   * When conmon ends with input of ours unread, the kernel reports ECONNRESET once, before the output that is still
   * queued. Node closes the descriptor at any error, so the rest is read through the spare one.
   */
  #failed(error: Error): void {
    const spare = this.#spare;
    if (spare === null || this.#over || !('code' in error) || error.code !== 'ECONNRESET') return;
    this.#spare = null;
    this.#socket.removeAllListeners('close').removeAllListeners('end');
    this.#socket = this.#open(spare);
    if (this.#full.size === 0) this.#socket.resume();
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#spare !== null) closeSync(this.#spare);
    this.#spare = null;
    this.#socket.destroy();
    this.stdout.push(null);
    this.stderr?.push(null);
  }

  stdin(): Writable {
    return new Writable({
      write: (chunk: Buffer, _encoding, done) => this.#send(chunk, done),
      final: (done) => {
        // conmon takes the end of our side for the end of standard input.
        if (this.#over || !this.#socket.writable) return done();
        this.#socket.end(() => done());
        return undefined;
      },
    });
  }

  /** One packet after the other: Node would join waiting writes into one packet, and conmon cuts long ones. */
  #send(chunk: Buffer, done: () => void): void {
    if (chunk.length === 0 || this.#over || !this.#socket.writable) return done();
    this.#socket.write(chunk.subarray(0, LARGEST_WRITE), (error) => {
      // The process is gone and nobody reads any more: its end is reported elsewhere.
      if (error) done();
      else this.#send(chunk.subarray(LARGEST_WRITE), done);
    });
    return undefined;
  }

  dispose(): void {
    this.#end();
  }
}
