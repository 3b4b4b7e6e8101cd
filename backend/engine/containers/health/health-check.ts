import type { Container } from '../container.ts';

/** A health check as it is carried out; times in milliseconds. */
export interface HealthCheck {
  command: string[];
  interval: number;
  timeout: number;
  startPeriod: number;
  startInterval: number;
  retries: number;
}

const DEFAULT_INTERVAL = 30_000;
const DEFAULT_TIMEOUT = 30_000;
const DEFAULT_START_INTERVAL = 5_000;
const DEFAULT_RETRIES = 3;
/** What a timer of Node can hold; longer ones would fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Null for a container without a check, or with `NONE`. */
export function healthCheckOf({ config }: Pick<Container, 'config'>): HealthCheck | null {
  const { healthcheck, shell } = config;
  const [kind, ...rest] = healthcheck?.test ?? [];
  if (!healthcheck || (kind !== 'CMD' && kind !== 'CMD-SHELL')) return null;
  const interpreter = shell.length > 0 ? shell : ['/bin/sh', '-c'];
  return {
    command: kind === 'CMD' ? rest : [...interpreter, ...rest],
    interval: milliseconds(healthcheck.interval, DEFAULT_INTERVAL),
    timeout: milliseconds(healthcheck.timeout, DEFAULT_TIMEOUT),
    startPeriod: milliseconds(healthcheck.startPeriod, 0),
    startInterval: milliseconds(healthcheck.startInterval, DEFAULT_START_INTERVAL),
    retries: healthcheck.retries || DEFAULT_RETRIES,
  };
}

function milliseconds(nanoseconds: number, otherwise: number): number {
  return nanoseconds > 0 ? Math.min(Math.max(1, nanoseconds / 1e6), LONGEST_TIMER) : otherwise;
}

/** Milliseconds to the next probe: while a container starts it is asked more often. */
export function intervalOf({ state }: Container, check: HealthCheck, now: number): number {
  const starting = state.health?.status === 'starting' && isStarting(state.startedAt, check, now);
  return starting ? check.startInterval : check.interval;
}

/** Whether a moment lies in the time in which failures do not count. */
export function isStarting(startedAt: string, { startPeriod }: HealthCheck, moment: number): boolean {
  return moment - Date.parse(startedAt) < startPeriod;
}
