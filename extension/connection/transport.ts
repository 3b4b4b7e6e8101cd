import type { Duplex } from 'node:stream';

/** One established way to a machine. It is used until it is gone; a reconnect makes a new one. */
export interface Transport {
  openApi(signal?: AbortSignal): Promise<Duplex>;
  openTcp(host: string, port: number, signal?: AbortSignal): Promise<Duplex>;
  /** Fulfilled with the reason once nothing can be opened any more. */
  readonly closed: Promise<Error>;
  end(): void;
}
