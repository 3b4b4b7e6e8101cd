import { fastest, isWide, median, timed } from './samples.ts';

export interface Comparison {
  name: string;
  /** Milliseconds per engine, in the order in which they were taken. */
  times: Record<string, number[]>;
  /** What Strata's median may be at most, as a part of each peer's. */
  limits: Record<string, number>;
  /** The faster half of the runs is compared: what the machine can do while nothing else takes its processors. */
  atBest?: boolean;
}

/** What is compared: engines, or one engine in several ways. */
interface Named {
  readonly name: string;
}

interface Work<E extends Named> {
  name: string;
  runs: number;
  limits: Record<string, number>;
  /** Not timed. */
  before?: (engine: E) => Promise<unknown>;
  work: (engine: E) => Promise<unknown>;
  /** After the last round; not timed. */
  after?: (engine: E) => Promise<unknown>;
}

/** Interleaved: every engine once per round, so that what slows the machine slows all of them. */
export async function compare<E extends Named>(
  engines: readonly E[],
  { name, runs, limits, before, work, after }: Work<E>,
): Promise<Comparison> {
  const times: Record<string, number[]> = Object.fromEntries(engines.map((engine) => [engine.name, []]));
  // One round more, whose times do not count: pages, caches and lazy modules are warm afterwards.
  for (let round = 0; round <= runs; round += 1) {
    for (const engine of engines) {
      await before?.(engine);
      const time = await timed(() => work(engine));
      if (round > 0) times[engine.name]?.push(time);
    }
  }
  if (after) for (const engine of engines) await after(engine);
  return { name, times, limits };
}

/** Prints medians, spread and ratios. Returns whether all limits hold. */
export function report({ name, times, limits, atBest = false }: Comparison): boolean {
  console.log(`\n${name}`);
  const typical = atBest ? medianOfFasterHalf : median;
  const own = typical(times['Strata'] ?? []);
  let holds = true;
  for (const [engine, values] of Object.entries(times)) {
    const spread = `${fastest(values).toFixed(0)}…${Math.max(...values).toFixed(0)}`;
    const line = `  ${engine.padEnd(11)} ${median(values).toFixed(0).padStart(7)} ms  (${spread}, ${values.length} runs)`;
    if (engine === 'Strata') {
      console.log(line);
      continue;
    }
    const wide = !atBest && isWide(values);
    const ratio = own / (wide ? fastest(values) : typical(values));
    const limit = limits[engine];
    const verdict =
      limit === undefined
        ? ''
        : ratio <= limit
          ? `, at most ${Number(limit.toFixed(3))}: holds`
          : `, at most ${Number(limit.toFixed(3))}: MISSED`;
    holds &&= limit === undefined || ratio <= limit;
    console.log(
      `${line}  Strata takes ${ratio.toFixed(2)} ×${wide ? ' its fastest' : atBest ? ' in the faster half' : ''}${verdict}`,
    );
  }
  return holds;
}

function medianOfFasterHalf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return median(sorted.slice(0, Math.ceil(sorted.length / 2)));
}
