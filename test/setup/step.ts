/** A failure that a newcomer can do something about: printed without a stack. */
export class SetupError extends Error {
  readonly next: string;

  constructor(what: string, next: string, cause?: unknown) {
    super(what, { cause });
    this.name = 'SetupError';
    this.next = next;
  }
}

/** A step's result: a value for the next steps, and what is printed about it. */
export interface Done<T> {
  value: T;
  said: string;
}

export const done = <T>(value: T, said: string): Done<T> => ({ value, said });

let stopped: AbortSignal | undefined;

/** From now on every step under way fails when the signal is given, so that clean-up begins at once. */
export function stepsEndWith(signal: AbortSignal): void {
  stopped = signal;
}

async function endable<T>(work: Promise<T>): Promise<T> {
  if (stopped === undefined) return work;
  const signal = stopped;
  signal.throwIfAborted();
  let onAbort: (() => void) | undefined;
  const stop = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort);
  });
  try {
    return await Promise.race([work, stop]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
  }
}

/** Runs one step and prints one line about it: what was done and how long it took. */
export async function step<T>(name: string, work: () => Promise<Done<T> | string>): Promise<T> {
  const started = performance.now();
  try {
    const result = await endable(work());
    const said = typeof result === 'string' ? result : result.said;
    console.log(`✓ ${name}: ${said} (${duration(performance.now() - started)})`);
    return (typeof result === 'string' ? undefined : result.value) as T;
  } catch (error) {
    console.error(`✗ ${name} (${duration(performance.now() - started)})`);
    throw error;
  }
}

export function duration(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds.toFixed(0)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

/** Runs a command's main function; its exit code says how it went. */
export async function runCommandLine(main: () => Promise<number>): Promise<never> {
  try {
    process.exit(await main());
  } catch (error) {
    const known = error instanceof SetupError;
    console.error(`✗ ${error instanceof Error ? error.message : String(error)}`);
    if (known) console.error(`  next: ${error.next}`);
    else if (error instanceof Error) console.error(causes(error));
    process.exit(1);
  }
}

function causes(error: Error): string {
  const lines: string[] = [];
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    lines.push(
      at === error ? (at.stack ?? '').split('\n').slice(1, 4).join('\n') : `  because: ${at.message}`,
    );
  }
  return lines.join('\n');
}
