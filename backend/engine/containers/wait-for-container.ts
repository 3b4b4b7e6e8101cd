import type { EngineContext } from '../context.ts';
import { countsAsRunning } from './status.ts';

export type WaitCondition = 'not-running' | 'next-exit' | 'removed';

/**
 * Starts waiting at once (what happens after the call is not missed) and resolves with the exit code;
 * null when the signal aborts first.
 * @throws not-found, before anything is waited for
 */
export function waitForContainer(
  { containers, live }: EngineContext,
  reference: string,
  condition: WaitCondition,
  signal: AbortSignal,
): Promise<number | null> {
  const container = containers.resolve(reference);
  if (condition === 'not-running' && !countsAsRunning(container))
    return Promise.resolve(container.state.exitCode);
  if (signal.aborted) return Promise.resolve(null);
  return new Promise((resolve) => {
    const waiters = live.of(container.id);
    const cancel = condition === 'removed' ? waiters.onRemoved(resolve) : waiters.onNextExit(resolve);
    signal.addEventListener('abort', () => {
      cancel();
      resolve(null);
    });
  });
}
