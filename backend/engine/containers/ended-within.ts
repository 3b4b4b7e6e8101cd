import { setTimeout as sleep } from 'node:timers/promises';

/** What a timer of Node can hold, 24.8 days; longer ones would fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Whether a container's exit was handled before the time was over. */
export async function endedWithin(exit: Promise<void>, milliseconds: number): Promise<boolean> {
  const patience = new AbortController();
  const late = sleep(Math.min(milliseconds, LONGEST_TIMER), false, { signal: patience.signal }).catch(
    () => true,
  );
  const ended = await Promise.race([exit.then(() => true), late]);
  patience.abort();
  return ended;
}
