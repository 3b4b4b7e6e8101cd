import type { Digest } from '../../oci/digest.ts';
import type { LayerProgress } from './pull-progress.ts';

export type FetchLayer = (progress: LayerProgress, signal: AbortSignal) => Promise<void>;

/** Layers on their way, so that pulls that need the same one share its download. */
export interface LayerFetches {
  /**
   * Joins the fetch of a layer or starts it. The work is aborted when everybody who waits for it has
   * gone; one who goes earlier leaves the others alone.
   */
  run(diffId: Digest, work: FetchLayer, progress: LayerProgress, signal: AbortSignal): Promise<void>;
}

interface Fetch {
  done: Promise<void>;
  abort: AbortController;
  listeners: Set<LayerProgress>;
}

export function createLayerFetches(): LayerFetches {
  const running = new Map<Digest, Fetch>();
  return {
    run: async (diffId, work, progress, signal) => {
      signal.throwIfAborted();
      let fetch = running.get(diffId);
      if (!fetch) {
        fetch = startFetch(work);
        running.set(diffId, fetch);
        const mine = fetch;
        const forget = (): void => {
          if (running.get(diffId) === mine) running.delete(diffId);
        };
        fetch.done.then(forget, forget);
      }
      await join(fetch, progress, signal, () => {
        // A newcomer must not join what is being torn down.
        if (running.get(diffId) === fetch) running.delete(diffId);
      });
    },
  };
}

function startFetch(work: FetchLayer): Fetch {
  const abort = new AbortController();
  const listeners = new Set<LayerProgress>();
  const everyone: LayerProgress = {
    phase: (phase) => {
      for (const listener of listeners) listener.phase(phase);
    },
    count: (phase, current, total) => {
      for (const listener of listeners) listener.count(phase, current, total);
    },
  };
  // Started a turn later, so that the first listener is there when it speaks.
  const done = Promise.resolve().then(() => work(everyone, abort.signal));
  return { done, abort, listeners };
}

async function join(
  fetch: Fetch,
  progress: LayerProgress,
  signal: AbortSignal,
  onAbandoned: () => void,
): Promise<void> {
  fetch.listeners.add(progress);
  const leave = (): void => {
    fetch.listeners.delete(progress);
    if (fetch.listeners.size > 0) return;
    onAbandoned();
    fetch.abort.abort(signal.reason);
  };
  signal.addEventListener('abort', leave, { once: true });
  try {
    // Whoever is the last waits for the undo too; others go at once.
    const leaving = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => {
        if (fetch.listeners.size > 0) reject(signal.reason as Error);
      });
    });
    await Promise.race([fetch.done, leaving]);
  } finally {
    signal.removeEventListener('abort', leave);
    fetch.listeners.delete(progress);
  }
}
