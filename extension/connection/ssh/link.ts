import type { Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Client, ClientChannel } from 'ssh2';
import { cancelled, ConnectFailure } from '../failure.ts';
import { ChannelStream } from './channel-stream.ts';

export interface ExecOptions {
  input?: Readable | string | undefined;
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Standard output and error as they come. */
  onOutput?: ((text: string) => void) | undefined;
}

export interface ExecResult {
  code: number;
  stdout: string;
  stderr: string;
}

type OpenChannel<T> = (done: (error: Error | undefined, channel: T) => void) => void;

const MAX_OUTPUT = 4 * 1024 * 1024;

/** One authenticated SSH connection. Channels are opened on it; when it is lost, all of them fail at once. */
export class SshLink {
  readonly #client: Client;
  readonly #name: string;
  readonly #live = new Set<Duplex>();
  /** Fulfilled with the reason once the connection is gone. */
  readonly closed: Promise<Error>;
  #lost: Error | undefined;

  constructor(client: Client, name: string) {
    this.#client = client;
    this.#name = name;
    this.closed = new Promise((resolve) => {
      let reason = `the SSH connection to ${name} was closed`;
      client.on('error', (error) => {
        reason = `the SSH connection to ${name} was lost: ${error.message}`;
      });
      client.once('close', () => {
        this.#lost = new ConnectFailure('not-connected', reason, { action: 'retry' });
        // Before ssh2 ends its channels, which would look like a regular end to who reads them.
        for (const stream of this.#live) stream.destroy(this.#lost);
        resolve(this.#lost);
      });
    });
  }

  /** A stream to a unix socket on the host (`direct-streamlocal`). */
  openSocket(path: string, signal?: AbortSignal): Promise<Duplex> {
    return this.#openStream((done) => this.#client.openssh_forwardOutStreamLocal(path, done), signal);
  }

  /** A stream to a TCP port as seen from the host (`direct-tcpip`). */
  openTcp(host: string, port: number, signal?: AbortSignal): Promise<Duplex> {
    return this.#openStream((done) => this.#client.forwardOut('127.0.0.1', 0, host, port, done), signal);
  }

  /** A program's standard input and output as one stream; what it says on standard error goes to `said`. */
  async spawn(command: string, said: (text: string) => void, signal?: AbortSignal): Promise<Duplex> {
    const channel = await this.#open<ClientChannel>((done) => this.#client.exec(command, done), signal);
    channel.stderr.on('data', (chunk: Buffer) => said(chunk.toString()));
    return this.#track(new ChannelStream(channel));
  }

  /** Runs a command to its end. @throws ConnectFailure when it does not end in time or the connection is lost. */
  async exec(command: string, options: ExecOptions = {}): Promise<ExecResult> {
    const limit = AbortSignal.timeout(options.timeoutMs ?? 60_000);
    const signal = options.signal ? AbortSignal.any([limit, options.signal]) : limit;
    const channel = await this.#open<ClientChannel>((done) => this.#client.exec(command, done), signal);
    const ended = this.#collect(channel, options, signal);
    const feeding = feed(channel, options.input);
    const result = await ended;
    // A command that ends without reading its input makes the writing fail; its exit code says why.
    await feeding.catch(() => undefined);
    return result;
  }

  end(): void {
    this.#client.end();
    // A far end that does not answer any more would keep the socket for minutes.
    setTimeout(() => this.#client.destroy(), 1000).unref();
  }

  #collect(channel: ClientChannel, options: ExecOptions, signal: AbortSignal): Promise<ExecResult> {
    return new Promise((resolve, reject) => {
      const out = { stdout: '', stderr: '' };
      const keep =
        (key: 'stdout' | 'stderr') =>
        (chunk: Buffer): void => {
          const text = chunk.toString();
          options.onOutput?.(text);
          if (out[key].length < MAX_OUTPUT) out[key] += text;
        };
      channel.on('data', keep('stdout'));
      channel.stderr.on('data', keep('stderr'));
      let code: number | undefined;
      const abort = (): void => {
        channel.close();
        const timedOut = signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError';
        const late = `a command on ${this.#name} did not end in time: ${lastLine(out.stderr || out.stdout)}`;
        reject(timedOut ? new ConnectFailure('host-timeout', late, { action: 'retry' }) : cancelled());
      };
      if (signal.aborted) return abort();
      signal.addEventListener('abort', abort, { once: true });
      channel.once('exit', (status: number | null) => {
        code = status ?? 255;
      });
      channel.once('close', () => {
        signal.removeEventListener('abort', abort);
        if (code !== undefined) resolve({ code, ...out });
        else reject(this.#lost ?? this.#failure('a command ended without an exit code'));
      });
    });
  }

  async #openStream(open: OpenChannel<ClientChannel>, signal?: AbortSignal): Promise<Duplex> {
    const channel = await this.#open(open, signal);
    return this.#track(new ChannelStream(channel));
  }

  #track(stream: Duplex): Duplex {
    this.#live.add(stream);
    // An idle stream has nobody who listens for errors; its loss with the connection must not end the program.
    stream.on('error', () => undefined);
    stream.once('close', () => this.#live.delete(stream));
    return stream;
  }

  #open<T extends ClientChannel>(open: OpenChannel<T>, signal?: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#lost) return reject(this.#lost);
      if (signal?.aborted) return reject(cancelled());
      const abort = (): void => reject(cancelled());
      signal?.addEventListener('abort', abort, { once: true });
      const done = (error: Error | undefined, channel: T): void => {
        signal?.removeEventListener('abort', abort);
        if (error) reject(this.#lost ?? this.#failure(refusal(error), error));
        // It was opened after nobody wanted it any more.
        else if (signal?.aborted) channel.close();
        else resolve(channel);
      };
      try {
        open(done);
      } catch (error) {
        reject(this.#failure('no channel could be opened', error));
      }
    });
  }

  #failure(message: string, cause?: unknown): ConnectFailure {
    return new ConnectFailure('forward-refused', `${this.#name}: ${message}`, { action: 'retry', cause });
  }
}

/** RFC 4254, 5.1: reason 1 is "administratively prohibited", 2 is "connect failed". */
function refusal(error: Error): string {
  const reason = 'reason' in error ? error.reason : undefined;
  if (reason === 1) return 'the SSH server does not allow this forward';
  if (reason === 2) return 'nothing answers at the forwarded address';
  return error.message;
}

async function feed(channel: ClientChannel, input: Readable | string | undefined): Promise<void> {
  if (input === undefined || typeof input === 'string') channel.end(input ?? '');
  else await pipeline(input, channel);
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
