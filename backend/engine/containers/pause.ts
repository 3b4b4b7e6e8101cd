import { conflict } from '../../base/errors.ts';
import type { EngineContext } from '../context.ts';
import { emitContainer } from './container-events.ts';
import { endedWithin } from './ended-within.ts';
import { startHealthChecks, stopHealthChecks } from './health/health-checks.ts';
import { checkUp } from './status.ts';

/** Milliseconds in which a killed probe ends. */
const PROBE_PATIENCE = 2000;

/** Freezes the processes of a running container. @throws conflict when it does not run or is frozen already */
export async function pauseContainer(context: EngineContext, reference: string): Promise<void> {
  const container = context.containers.resolve(reference);
  await context.locks.run(container.id, async () => {
    checkUp(container);
    if (container.state.status === 'paused') throw conflict(`Container ${container.id} is already paused`);
    // Before the freeze: a probe under way would stand still for the length of the pause.
    await endedWithin(stopHealthChecks(context, container), PROBE_PATIENCE);
    try {
      await context.runtime.pause(container.id);
    } catch (error) {
      startHealthChecks(context, container);
      throw error;
    }
    container.state.status = 'paused';
    context.containers.save(container);
    emitContainer(context, 'pause', container);
  });
}
