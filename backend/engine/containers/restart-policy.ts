import type { Container } from './container.ts';

const FIRST_DELAY = 100;
const LONGEST_DELAY = 60_000;
/** A container that ran this long starts over with the shortest delay. */
const HEALTHY_RUN = 10_000;

/** Whether a container that has just ended starts again by itself. */
export function restartsAfterExit({ hostConfig, state }: Container, exitCode: number): boolean {
  const { name, maximumRetryCount } = hostConfig.restartPolicy;
  if (state.stoppedByUser || name === 'no') return false;
  if (name !== 'on-failure') return true;
  return exitCode !== 0 && (maximumRetryCount === 0 || state.restartCount < maximumRetryCount);
}

/** Whether a container comes back with the daemon or the host: only a user's own stop keeps it down. */
export function restartsWithDaemon({ hostConfig, state }: Container): boolean {
  const { name } = hostConfig.restartPolicy;
  if (name === 'always') return state.startedAt !== '';
  return name === 'unless-stopped' && state.startedAt !== '' && !state.stoppedByUser;
}

/** Milliseconds before the next start: doubled each time, 100 ms … 1 min. */
export function nextDelay(previous: number, ranFor: number): number {
  if (previous === 0 || ranFor >= HEALTHY_RUN) return FIRST_DELAY;
  return Math.min(previous * 2, LONGEST_DELAY);
}
