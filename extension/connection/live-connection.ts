import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Connection, ConnectionState } from './connection.ts';
import type { Times } from './connect-options.ts';
import { cancelled, ConnectFailure, isTransient, messageOf } from './failure.ts';
import { ping } from './ping.ts';
import type { Transport } from './transport.ts';

type Listener = (state: ConnectionState, reason?: string) => void;

export interface LiveOptions {
  name: string;
  /** Makes a new transport; called again after each loss. */
  establish(signal: AbortSignal, again: boolean): Promise<Transport>;
  times: Times;
}

const PING_TIMEOUT = 10_000;

/**
 * Keeps one transport alive: notices its loss by its end, by a failed opening or by a missing answer to a
 * ping through the whole way; then makes a new one, with growing pauses. It says "connected" only while
 * the last of these signs was good.
 */
export class LiveConnection implements Omit<Connection, 'localSocket'> {
  readonly #options: LiveOptions;
  readonly #listeners = new Set<Listener>();
  readonly #end = new AbortController();
  #state: ConnectionState = 'connecting';
  #transport: Transport | undefined;
  #keeping: Promise<void> = Promise.resolve();
  #suspect: (() => void) | undefined;
  #lastReason: string | undefined;

  constructor(options: LiveOptions) {
    this.#options = options;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  onStateChange(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The first connection; its failure is the caller's to show. */
  async start(signal: AbortSignal | undefined): Promise<void> {
    const both = signal ? AbortSignal.any([signal, this.#end.signal]) : this.#end.signal;
    try {
      this.#transport = await this.#options.establish(both, false);
    } catch (error) {
      this.#change('disconnected', messageOf(error));
      throw both.aborted ? cancelled() : error;
    }
    this.#change('connected');
    this.#keeping = this.#keep(this.#transport);
  }

  openApi(signal?: AbortSignal): Promise<Duplex> {
    return this.#open((transport, signal) => transport.openApi(signal), signal, true);
  }

  openTcp(host: string, port: number, signal?: AbortSignal): Promise<Duplex> {
    // A port where nothing listens says nothing about the way to the machine.
    return this.#open((transport, signal) => transport.openTcp(host, port, signal), signal, false);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    this.#transport?.end();
    await this.#keeping;
    this.#transport = undefined;
    this.#change('disconnected', 'it was ended');
  }

  async #open(
    open: (transport: Transport, signal: AbortSignal) => Promise<Duplex>,
    signal: AbortSignal | undefined,
    suspicious: boolean,
  ): Promise<Duplex> {
    const limit = AbortSignal.timeout(this.#options.times.open);
    const both = AbortSignal.any([limit, this.#end.signal, ...(signal ? [signal] : [])]);
    const transport = await this.#whenConnected(both);
    try {
      return await open(transport, both);
    } catch (error) {
      if (suspicious && !signal?.aborted) this.#suspect?.();
      throw error;
    }
  }

  #whenConnected(signal: AbortSignal): Promise<Transport> {
    if (this.#state === 'connected' && this.#transport) return Promise.resolve(this.#transport);
    return new Promise((resolve, reject) => {
      const give = (): void => {
        stop();
        signal.removeEventListener('abort', give);
        const why = this.#lastReason === undefined ? '' : ` (${this.#lastReason})`;
        const message = `${this.#options.name} is not connected at the moment${why}`;
        reject(new ConnectFailure('not-connected', message, { action: 'retry' }));
      };
      const stop = this.onStateChange((state) => {
        if (state === 'disconnected') give();
        if (state !== 'connected' || this.#transport === undefined) return;
        stop();
        signal.removeEventListener('abort', give);
        resolve(this.#transport);
      });
      if (signal.aborted || this.#state === 'disconnected') give();
      else signal.addEventListener('abort', give, { once: true });
    });
  }

  /** Runs as long as the connection is wanted: watch one transport, then replace it. */
  async #keep(first: Transport): Promise<void> {
    let transport: Transport | undefined = first;
    while (transport !== undefined && !this.#end.signal.aborted) {
      const reason = await this.#watch(transport);
      transport.end();
      if (this.#end.signal.aborted) return;
      this.#transport = undefined;
      this.#change('reconnecting', reason);
      transport = await this.#reconnect();
    }
  }

  /** Ends with the reason why this transport is of no use any more. */
  async #watch(transport: Transport): Promise<string> {
    const gone = transport.closed.then(messageOf);
    for (;;) {
      const wake = new AbortController();
      const suspected = new Promise<void>((resolve) => {
        this.#suspect = resolve;
      });
      const pause = delay(this.#options.times.probe, undefined, { signal: wake.signal, ref: false }).catch(
        () => undefined,
      );
      const first = await Promise.race([gone, suspected, pause]);
      wake.abort();
      if (typeof first === 'string') return first;
      const answer = ping((signal) => transport.openApi(signal), PING_TIMEOUT).then(
        () => undefined,
        messageOf,
      );
      const failure = await Promise.race([gone, answer]);
      if (failure !== undefined) return failure;
    }
  }

  async #reconnect(): Promise<Transport | undefined> {
    const { firstRetry, lastRetry } = this.#options.times;
    const { signal } = this.#end;
    for (let pause = firstRetry; !signal.aborted; pause = Math.min(pause * 2, lastRetry)) {
      try {
        const transport = await this.#options.establish(signal, true);
        this.#transport = transport;
        this.#change('connected');
        return transport;
      } catch (error) {
        if (signal.aborted) break;
        const permanent = !isTransient(error);
        this.#change(permanent ? 'disconnected' : 'reconnecting', messageOf(error));
        if (permanent) break;
      }
      // A little chance in it, so that many windows do not come back in the same instant.
      await delay(pause * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
    }
    return undefined;
  }

  #change(state: ConnectionState, reason?: string): void {
    const again = state === this.#state && reason === this.#lastReason;
    this.#state = state;
    this.#lastReason = reason;
    if (again) return;
    for (const listener of this.#listeners) listener(state, reason);
  }
}
