import { watch, type FSWatcher } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Where the system has no inotify watch left, changes are looked for this often. */
const FALLBACK_PAUSE = 500;

/** Tells that something in a directory may have changed since the last look; changes before the wait count. */
export class DirectoryWatch implements Disposable {
  #watcher: FSWatcher | null = null;
  #changed = false;
  #wake: (() => void) | null = null;

  constructor(directory: string) {
    try {
      this.#watcher = watch(directory, { persistent: false }, () => this.notify());
      this.#watcher.on('error', () => this.#fail());
    } catch {
      this.#fail();
    }
  }

  /** Ends the wait under way, or the next one. */
  notify(): void {
    this.#changed = true;
    this.#wake?.();
  }

  #fail(): void {
    this.#watcher?.close();
    this.#watcher = null;
  }

  /** Until a change, or `notify`, or the milliseconds are over. */
  async changed(milliseconds: number): Promise<void> {
    if (!this.#changed)
      await this.#wait(this.#watcher ? milliseconds : Math.min(milliseconds, FALLBACK_PAUSE));
    this.#changed = false;
  }

  async #wait(milliseconds: number): Promise<void> {
    const timer = new AbortController();
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    const late = Number.isFinite(milliseconds)
      ? [
          sleep(Math.max(0, milliseconds), undefined, { signal: timer.signal, ref: false }).catch(
            () => undefined,
          ),
        ]
      : [];
    await Promise.race([woken, ...late]);
    timer.abort();
    this.#wake = null;
  }

  [Symbol.dispose](): void {
    this.#fail();
    this.notify();
  }
}
