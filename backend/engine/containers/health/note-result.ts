import type { EngineContext } from '../../context.ts';
import { emitContainer } from '../container-events.ts';
import type { Container, Health } from '../container.ts';
import { isStarting, type HealthCheck } from './health-check.ts';

export type ProbeResult = Health['log'][number];

const KEPT = 5;

/** What a probe said becomes part of the container's health; a change of it is told. */
export function noteResult(
  context: EngineContext,
  container: Container,
  check: HealthCheck,
  result: ProbeResult,
): void {
  const { health } = container.state;
  if (!health) return;
  const before = health.status;
  health.log = [...health.log, result].slice(-KEPT);
  if (result.exitCode === 0) {
    health.failingStreak = 0;
    health.status = 'healthy';
  } else if (failureCounts(container, health, check, result)) {
    health.failingStreak += 1;
    if (health.failingStreak >= check.retries) health.status = 'unhealthy';
  }
  if (health.status === before) return;
  // A probe every second must not be a write to the disk every second: its log goes along with the next change.
  context.containers.save(container);
  emitContainer(context, `health_status: ${health.status}`, container);
}

/** Not while it starts: until its first success in the start period nothing is held against it. */
function failureCounts(
  { state }: Container,
  health: Health,
  check: HealthCheck,
  result: ProbeResult,
): boolean {
  return health.status !== 'starting' || !isStarting(state.startedAt, check, Date.parse(result.start));
}
