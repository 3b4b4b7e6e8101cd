import type { EngineState } from '../model/engine-state.ts';
import { changesUsers, staleAfter } from '../model/engine-state.ts';
import { createListeners, type Dispose } from '../model/listeners.ts';
import type { Api } from './api.ts';
import { EngineRefresher } from './engine-refresher.ts';
import { readNdjson } from './ndjson.ts';
import { type EngineEvent, engineEventSchema } from './shapes/system.ts';
import { engineEpoch } from './system.ts';

/** The retry after a lost stream waits this long at first, and up to the last value at most. */
const backoffMs = [250, 1_000, 3_000];
const longestBackoffMs = 10_000;

/**
 * Keeps the state of one engine up to date: subscribe to the events, list, then apply what the
 * events make stale. After a break it resumes behind the last event seen, and lists again where
 * the engine has started anew since, because then events were lost. It never polls.
 */
export class EngineWatch {
  readonly #api: Api;
  readonly #report: (error: unknown) => void;
  readonly #changes = createListeners<void>();
  readonly #end = new AbortController();
  readonly #refresher: EngineRefresher;
  #live = false;
  #wake: () => void = () => undefined;
  /** Position in the event stream: the engine's epoch, and the time of the last event seen. */
  #epoch: string | undefined;
  #since: string | undefined;

  constructor(api: Api, report: (error: unknown) => void) {
    this.#api = api;
    this.#report = report;
    const changed = () => this.#changes.fire();
    this.#refresher = new EngineRefresher({ api, signal: this.#end.signal, report, changed });
    void this.#follow();
  }

  get state(): EngineState {
    return this.#refresher.state;
  }

  /** Whether the state is live, i.e. listed, and the event stream stands. */
  get live(): boolean {
    return this.#live;
  }

  onChange(listener: () => void): Dispose {
    return this.#changes.add(listener);
  }

  /** Tries at once instead of waiting for the next attempt, e.g. when the connection is back. */
  retryNow(): void {
    this.#wake();
  }

  /** Lists one container again, for what changes without an event (the size of its writable layer). */
  refresh(id: string): void {
    this.#refresher.add({ kind: 'container', id });
  }

  close(): void {
    this.#end.abort();
  }

  async #follow(): Promise<void> {
    let failures = 0;
    while (!this.#end.signal.aborted) {
      try {
        await this.#followOnce(() => {
          failures = 0;
        });
      } catch (error) {
        // The first failure of a row is the news; the retries after it would say the same.
        if (!this.#end.signal.aborted && failures === 0) this.#report(error);
      }
      this.#setLive(false);
      await this.#sleep(backoffMs[failures] ?? longestBackoffMs);
      failures += 1;
    }
  }

  async #followOnce(onLive: () => void): Promise<void> {
    const { signal } = this.#end;
    const stream = await this.#api.stream({ path: '/events', query: { since: this.#since }, signal });
    try {
      const epoch = await engineEpoch(this.#api, signal);
      // An engine that does not tell its epoch may have restarted at any time; and without an event
      // seen there is no place to resume from.
      const resumed = epoch !== undefined && epoch === this.#epoch && this.#since !== undefined;
      if (!resumed) await this.#refresher.listAll();
      this.#epoch = epoch;
      onLive();
      this.#setLive(true);
      for await (const line of readNdjson(stream)) this.#apply(engineEventSchema.parse(line));
    } finally {
      stream.destroy();
    }
  }

  #apply(event: EngineEvent): void {
    this.#since = timeOf(event) ?? this.#since;
    const stale = staleAfter(event);
    if (stale !== undefined) this.#refresher.add(stale);
    const { volumes } = this.state;
    if (volumes.length > 0 && changesUsers(event)) this.#refresher.add({ kind: 'volumes' });
  }

  #setLive(live: boolean): void {
    if (this.#live === live) return;
    this.#live = live;
    this.#changes.fire();
  }

  #sleep(ms: number): Promise<void> {
    const { signal } = this.#end;
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener('abort', done);
      this.#wake = done;
    });
  }
}

/** `seconds.nanoseconds`, the form that `since` takes. */
function timeOf(event: EngineEvent): string | undefined {
  if (event.time === undefined) return undefined;
  if (event.timeNano === undefined) return String(event.time);
  // A double loses the last digits of timeNano: at worst an event is applied twice, never lost.
  const nanos = Math.min(999_999_999, Math.max(0, event.timeNano - event.time * 1e9 - 1_000));
  return `${event.time}.${String(Math.floor(nanos)).padStart(9, '0')}`;
}
