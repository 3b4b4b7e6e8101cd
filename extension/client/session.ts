import type { Connection, ConnectionState } from '../connection/connection.ts';
import { createListeners, type Dispose } from '../model/listeners.ts';
import { type Api, createApi } from './api.ts';
import { EngineWatch } from './engine-watch.ts';

/** What a session has to know of a machine. */
export interface MachineName {
  readonly id: string;
  readonly label: string;
}

/** One machine that is connected: the way to it, its engine as HTTP, and its state as the views show it. */
export interface Session {
  readonly machine: MachineName;
  readonly connection: Connection;
  readonly api: Api;
  readonly watch: EngineWatch;
  /** `reconnecting` also while the link stands but the engine does not answer. */
  readonly state: ConnectionState;
  onChange(listener: () => void): Dispose;
  close(): Promise<void>;
}

export function openSession(
  machine: MachineName,
  connection: Connection,
  report: (error: unknown) => void,
): Session {
  const changes = createListeners<void>();
  const api = createApi(connection);
  const watch = new EngineWatch(api, report);
  const stopWatching = watch.onChange(() => changes.fire());
  const stopListening = connection.onStateChange((state) => {
    if (state === 'connected') watch.retryNow();
    changes.fire();
  });
  let everLive = false;
  return {
    machine,
    connection,
    api,
    watch,
    get state() {
      everLive ||= watch.live;
      if (connection.state !== 'connected' || watch.live) return connection.state;
      // A view never says "connected" when nobody answers.
      return everLive ? 'reconnecting' : 'connecting';
    },
    onChange: (listener) => changes.add(listener),
    async close() {
      stopListening();
      stopWatching();
      watch.close();
      api.close();
      await connection[Symbol.asyncDispose]();
    },
  };
}
