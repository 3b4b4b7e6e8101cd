import { defaultInstance, type Instance } from './bootstrap/instance.ts';

export interface ConnectOptions {
  /** Directory with `manifest.json` and the archives of the agent: `dist/agent-parts`. */
  partsDirectory: string;
  /** Where the agent lives on the machine; the default is the one agent of a machine. */
  instance?: Instance;
  /** Ends connecting; a connection that stands is ended by disposing it. */
  signal?: AbortSignal;
  /** Where the local forwarded socket's directory is made. */
  socketDirectory?: string;
  times?: Partial<Times>;
}

/** All in milliseconds. */
export interface Times {
  /** Between two signs of life on the SSH connection; three without an answer end it. */
  keepalive: number;
  /** Between two `_ping`s through the whole way. */
  probe: number;
  /** How long `openApi` and `openTcp` wait for a connection that is being made anew. */
  open: number;
  firstRetry: number;
  lastRetry: number;
}

export const defaultTimes: Times = {
  keepalive: 10_000,
  probe: 30_000,
  open: 15_000,
  firstRetry: 500,
  lastRetry: 30_000,
};

export type FullOptions = Omit<ConnectOptions, 'times' | 'instance' | 'signal'> & {
  instance: Instance;
  times: Times;
};

export function fullOptions(options: ConnectOptions): FullOptions {
  return {
    partsDirectory: options.partsDirectory,
    ...(options.socketDirectory === undefined ? {} : { socketDirectory: options.socketDirectory }),
    instance: options.instance ?? defaultInstance,
    times: { ...defaultTimes, ...options.times },
  };
}
