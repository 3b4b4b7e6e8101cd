import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../../base/errors.ts';
import type { EngineContext } from '../../context.ts';
import type { Container } from '../container.ts';
import { isUp } from '../status.ts';
import { healthCheckOf, intervalOf, type HealthCheck } from './health-check.ts';
import { noteResult } from './note-result.ts';
import { runProbe } from './run-probe.ts';

/** A container that starts knows nothing of its health yet; what earlier probes said stays readable. */
export function resetHealth(container: Container): void {
  const { state } = container;
  state.health = healthCheckOf(container)
    ? { status: 'starting', failingStreak: 0, log: state.health?.log ?? [] }
    : null;
}

/** Asks a running container for its health again and again, until `stopHealthChecks`. */
export function startHealthChecks(context: EngineContext, container: Container): void {
  const check = healthCheckOf(container);
  const live = context.live.of(container.id);
  void live.endHealthChecks();
  if (!check || context.shutdown.aborted) return;
  if (!container.state.health) resetHealth(container);
  live.beginHealthChecks((signal) => probeAgainAndAgain(context, container, check, signal));
}

/** As with Docker, what is not asked any more counts as unhealthy. Resolves when the probe under way is dead. */
export function stopHealthChecks({ live }: EngineContext, container: Container): Promise<void> {
  if (container.state.health) container.state.health.status = 'unhealthy';
  return live.of(container.id).endHealthChecks();
}

async function probeAgainAndAgain(
  context: EngineContext,
  container: Container,
  check: HealthCheck,
  signal: AbortSignal,
): Promise<void> {
  try {
    for (;;) {
      await sleep(intervalOf(container, check, Date.now()), undefined, { signal });
      const result = await runProbe(context, container, check, signal);
      if (signal.aborted || !isUp(container)) return;
      noteResult(context, container, check, result);
    }
  } catch (error) {
    if (signal.aborted) return;
    context.logger.error({ container: container.id, error: messageOf(error) }, 'health checks have ended');
  }
}
