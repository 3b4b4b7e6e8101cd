import { unavailable } from '../../base/errors.ts';
import type { AttachedStreams } from '../../runtime/runtime.ts';

type Attachment = {
  stdin: boolean;
  resolve: (streams: AttachedStreams | null) => void;
  reject: (error: unknown) => void;
};

/** What only lives in memory while a container does: who waits for it and who wants its streams. */
export class LiveContainer {
  readonly #attachments = new Set<Attachment>();
  readonly #exitWaiters = new Set<(exitCode: number) => void>();
  readonly #removeWaiters = new Set<(exitCode: number) => void>();
  /** Milliseconds before the last automatic restart; 0 before the first. */
  restartDelay = 0;
  restartTimer: NodeJS.Timeout | null = null;
  #restarts = 0;
  #healthChecks: { end: AbortController; ended: Promise<void> } | null = null;
  /** Settles when the running container's exit has been handled, network and mounts included. */
  exit: Promise<void> = Promise.resolve();

  /** While a `restart` stops the container its exit neither removes it nor asks the restart policy. */
  get restarting(): boolean {
    return this.#restarts > 0;
  }

  /** For the time of a `restart`; several may be under way at once. */
  holdForRestart(): Disposable {
    this.#restarts += 1;
    return { [Symbol.dispose]: () => void (this.#restarts -= 1) };
  }

  /** A planned automatic start is called off. */
  cancelRestart(): void {
    if (this.restartTimer) clearTimeout(this.restartTimer);
    this.restartTimer = null;
    this.restartDelay = 0;
  }

  /** Asks for health until the signal aborts. */
  beginHealthChecks(ask: (signal: AbortSignal) => Promise<void>): void {
    const end = new AbortController();
    this.#healthChecks = { end, ended: ask(end.signal) };
  }

  /** Resolves when the probe under way, if any, is dead. */
  async endHealthChecks(): Promise<void> {
    const checks = this.#healthChecks;
    this.#healthChecks = null;
    checks?.end.abort();
    await checks?.ended;
  }

  /** The next exit's code. The listener is called before anything else reacts to the exit. */
  onNextExit(listener: (exitCode: number) => void): () => void {
    this.#exitWaiters.add(listener);
    return () => void this.#exitWaiters.delete(listener);
  }

  onRemoved(listener: (exitCode: number) => void): () => void {
    this.#removeWaiters.add(listener);
    return () => void this.#removeWaiters.delete(listener);
  }

  tellExit(exitCode: number): void {
    for (const listener of this.#exitWaiters) listener(exitCode);
    this.#exitWaiters.clear();
  }

  tellRemoved(exitCode: number): void {
    for (const listener of this.#removeWaiters) listener(exitCode);
    this.#removeWaiters.clear();
    this.tellExit(exitCode);
    this.cancelAttachments();
  }

  /**
   * Streams of the next start. The client's bytes stay in its socket until then, its end of file too.
   * Resolves with null when the container is removed without having started, or the signal aborts.
   */
  attachAtStart(stdin: boolean, signal: AbortSignal): Promise<AttachedStreams | null> {
    if (signal.aborted) return Promise.resolve(null);
    return new Promise((resolve, reject) => {
      const attachment: Attachment = { stdin, resolve, reject };
      this.#attachments.add(attachment);
      signal.addEventListener('abort', () => {
        if (this.#attachments.delete(attachment)) resolve(null);
      });
    });
  }

  /** Called between create and start, so that no byte of the output is lost. */
  async connectAttachments(connect: (stdin: boolean) => Promise<AttachedStreams>): Promise<void> {
    const waiting = [...this.#attachments];
    this.#attachments.clear();
    await Promise.all(
      waiting.map(async ({ stdin, resolve, reject }) => {
        try {
          resolve(await connect(stdin));
        } catch (error) {
          reject(unavailable('cannot connect to the streams of the container', error));
        }
      }),
    );
  }

  cancelAttachments(): void {
    for (const { resolve } of this.#attachments) resolve(null);
    this.#attachments.clear();
  }
}

/** By container id; made when first asked for, dropped when the container is removed. */
export class LiveContainers {
  readonly #byId = new Map<string, LiveContainer>();

  of(id: string): LiveContainer {
    let live = this.#byId.get(id);
    if (!live) {
      live = new LiveContainer();
      this.#byId.set(id, live);
    }
    return live;
  }

  delete(id: string): void {
    this.#byId.delete(id);
  }

  /** The daemon ends: no container is restarted or asked for its health any more. */
  cancelRestarts(): void {
    for (const live of this.#byId.values()) {
      live.cancelRestart();
      void live.endHealthChecks();
    }
  }
}
