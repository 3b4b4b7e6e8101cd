import { setTimeout as sleep } from 'node:timers/promises';

export interface WaitOptions {
  /** Milliseconds; default 10,000. */
  timeout?: number;
  /** Milliseconds between two looks; default 25. */
  every?: number;
}

/** Asks again until the answer is truthy. @throws with `what` and the last failure when the time is over. */
export async function waitFor<T>(
  what: string,
  ask: () => T | Promise<T>,
  { timeout = 10_000, every = 25 }: WaitOptions = {},
): Promise<NonNullable<T>> {
  const end = Date.now() + timeout;
  let last = '';
  for (;;) {
    try {
      const answer = await ask();
      if (answer) return answer;
      last = '';
    } catch (error) {
      last = `: ${error instanceof Error ? error.message : String(error)}`;
    }
    if (Date.now() > end) throw new Error(`${what} did not happen within ${timeout} ms${last}`);
    await sleep(every);
  }
}
