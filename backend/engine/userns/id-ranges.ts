import { readFileSync } from 'node:fs';
import { isErrno, resourceExhausted } from '../../base/errors.ts';
import type { IdMapping } from '../../oci/id-mapping.ts';
import { idPool, type IdPool, type IdRange } from './subordinate-ids.ts';

/** All ids that images use, `nobody` (65534) with them. */
const SIZE = 65_536;

/** A mapping that nobody else gets as long as the lease lasts, or a record has it. */
export interface MappingLease extends Disposable {
  readonly mapping: IdMapping;
}

/**
 * Gives each container ids of its own, so that one that breaks out is nobody to the others as well. What is taken
 * is read from the containers' records, so that a range is free again when the last of them is removed.
 */
export class IdRanges {
  readonly #recorded: () => Iterable<IdMapping>;
  readonly #readPool: () => IdPool;
  readonly #leased = new Set<IdMapping>();

  constructor(recorded: () => Iterable<IdMapping>, readPool: () => IdPool = systemPool) {
    this.#recorded = recorded;
    this.#readPool = readPool;
  }

  /** @throws resource-exhausted when none is left */
  take(): MappingLease {
    const { ranges, foreign } = this.#readPool();
    const used = [...this.#recorded(), ...this.#leased].map(({ hostId, size }) => ({
      first: hostId,
      count: size,
    }));
    const taken = [...used, ...foreign].sort((a, b) => a.first - b.first);
    const first = ranges.map((range) => firstFree(range, taken)).find((found) => found !== null);
    if (first === undefined || first === null) throw noneLeft(ranges);
    const mapping = { hostId: first, size: SIZE };
    this.#leased.add(mapping);
    return { mapping, [Symbol.dispose]: () => void this.#leased.delete(mapping) };
  }
}

function firstFree({ first, count }: IdRange, taken: readonly IdRange[]): number | null {
  let candidate = first;
  for (const range of taken) {
    if (range.first >= candidate + SIZE) break;
    candidate = Math.max(candidate, range.first + range.count);
  }
  return candidate + SIZE <= first + count ? candidate : null;
}

function noneLeft(ranges: readonly IdRange[]): Error {
  const size = ranges.reduce((sum, { count }) => sum + count, 0);
  return resourceExhausted(
    `no ${SIZE} ids are left for a container in a user namespace: /etc/subuid and /etc/subgid give ${size} of them ` +
      'to strata, and every container takes ids of its own',
  );
}

/** Read every time: an administrator's change counts from the next container on. */
function systemPool(): IdPool {
  return idPool(read('/etc/subuid'), read('/etc/subgid'));
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return '';
    throw error;
  }
}
