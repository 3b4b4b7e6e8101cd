import type { Digest } from '../oci/digest.ts';
import { readIndexFile } from './index-file.ts';
import type { LayerIndex } from './layer-index.ts';

/** Entries that stay in memory, over all indexes: about 20 MB. */
const MAX_ENTRIES = 60_000;
/** A daemon at rest keeps none. */
const IDLE_MILLISECONDS = 60_000;

/** The indexes that were asked for last. An explorer asks for the same ones with every click. */
export class IndexCache {
  readonly #file: (diffId: Digest) => string;
  /** The one asked for last is the last one here. */
  readonly #indexes = new Map<Digest, { reading: Promise<LayerIndex>; size: number }>();
  #timer: NodeJS.Timeout | undefined;

  constructor(file: (diffId: Digest) => string) {
    this.#file = file;
  }

  async get(diffId: Digest): Promise<LayerIndex> {
    const cached = this.#indexes.get(diffId) ?? { reading: readIndexFile(this.#file(diffId)), size: 0 };
    this.#indexes.delete(diffId);
    this.#indexes.set(diffId, cached);
    this.#restartTimer();
    try {
      const index = await cached.reading;
      cached.size = index.entries.length;
      this.#shrink();
      return index;
    } catch (error) {
      this.forget(diffId);
      throw error;
    }
  }

  forget(diffId: Digest): void {
    this.#indexes.delete(diffId);
  }

  #shrink(): void {
    let total = 0;
    for (const { size } of this.#indexes.values()) total += size;
    for (const [diffId, { size }] of this.#indexes) {
      if (total <= MAX_ENTRIES) return;
      total -= size;
      this.forget(diffId);
    }
  }

  #restartTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#indexes.clear(), IDLE_MILLISECONDS).unref();
  }
}
