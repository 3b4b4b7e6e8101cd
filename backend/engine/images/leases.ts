import type { Digest } from '../../oci/digest.ts';

/** Keeps blobs and layers alive that no record refers to yet. Ends with the process, like the work it covers. */
export interface Lease extends Disposable {
  /** Adds digests; resolves once none of them is being removed any more, so that "is it there?" can be asked. */
  hold(digests: Iterable<Digest>): Promise<void>;
  /** Everything that was ever held by it. */
  digests(): readonly Digest[];
}

/**
 * What stands between the gc and work under way. A pull or a create takes a lease first, looks then, and
 * lets go once its record is written.
 *
 *   using lease = leases.take();
 *   await lease.hold(diffIds);
 *   if (layers.has(diffId)) …     // it stays
 */
export interface Leases {
  take(): Lease;
  /** Removes what nobody holds; returns false, without calling `remove`, when somebody does. */
  sweep(digest: Digest, remove: () => Promise<void>): Promise<boolean>;
}

export function createLeases(): Leases {
  const held = new Map<Digest, number>();
  const removing = new Map<Digest, Promise<unknown>>();
  return {
    take: () => {
      const mine = new Set<Digest>();
      let ended = false;
      return {
        hold: async (digests) => {
          const fresh = [...new Set(digests)].filter((digest) => !mine.has(digest));
          for (const digest of fresh) {
            mine.add(digest);
            held.set(digest, (held.get(digest) ?? 0) + 1);
          }
          await Promise.allSettled(fresh.map((digest) => removing.get(digest) ?? Promise.resolve()));
        },
        digests: () => [...mine],
        [Symbol.dispose]: () => {
          if (!ended) for (const digest of mine) release(held, digest);
          ended = true;
        },
      };
    },
    sweep: async (digest, remove) => {
      if (held.has(digest) || removing.has(digest)) return false;
      const removal = remove();
      removing.set(digest, removal);
      try {
        await removal;
        return true;
      } finally {
        removing.delete(digest);
      }
    },
  };
}

function release(held: Map<Digest, number>, digest: Digest): void {
  const left = (held.get(digest) ?? 0) - 1;
  if (left > 0) held.set(digest, left);
  else held.delete(digest);
}
