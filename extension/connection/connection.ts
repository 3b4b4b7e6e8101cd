import type { Duplex } from 'node:stream';

export type ConnectionState = 'connecting' | 'connected' | 'reconnecting' | 'disconnected';

/**
 * A live way to one machine's agent. Everything is multiplexed over one transport
 * (one SSH connection, or the local unix socket).
 */
export interface Connection extends AsyncDisposable {
  readonly state: ConnectionState;
  /** Fires on every change of state; the listener's disposer is returned. */
  onStateChange(listener: (state: ConnectionState, reason?: string) => void): () => void;
  /** A new byte stream to the agent's API socket. HTTP/1.1 is spoken on it. */
  openApi(signal?: AbortSignal): Promise<Duplex>;
  /** A new byte stream to a TCP port as seen from the machine (for published ports). */
  openTcp(host: string, port: number, signal?: AbortSignal): Promise<Duplex>;
  /** Local unix socket (or named pipe) that forwards to the API, for `DOCKER_HOST`. */
  readonly localSocket: string;
}
