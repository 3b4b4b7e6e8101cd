export interface Samples {
  /** Milliseconds, in the order in which they were taken. */
  readonly times: number[];
}

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
};

export const fastest = (values: readonly number[]): number => Math.min(...values);

/** Whether a peer's runs lie so far apart that its fastest one has to count. */
export const isWide = (values: readonly number[]): boolean => Math.max(...values) > 1.5 * median(values);

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
