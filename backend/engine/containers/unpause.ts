import { conflict } from '../../base/errors.ts';
import type { EngineContext } from '../context.ts';
import type { Container } from './container.ts';
import { emitContainer } from './container-events.ts';
import { startHealthChecks } from './health/health-checks.ts';

/** Lets a frozen container go on. @throws conflict when it is not frozen */
export async function unpauseContainer(context: EngineContext, reference: string): Promise<void> {
  const container = context.containers.resolve(reference);
  await context.locks.run(container.id, async () => {
    if (container.state.status !== 'paused') throw conflict(`Container ${container.id} is not paused`);
    await resume(context, container);
  });
}

/** A frozen container that was sent the signal of its end has to run to see it. */
export async function thawToEnd(context: EngineContext, container: Container): Promise<void> {
  if (container.state.status !== 'paused') return;
  await context.locks.run(container.id, async () => {
    if (container.state.status !== 'paused') return;
    // SIGKILL ends frozen processes on cgroup v2: then there is nothing left to thaw, and the exit is on its way.
    await resume(context, container).catch(() => undefined);
  });
}

async function resume(context: EngineContext, container: Container): Promise<void> {
  await context.runtime.resume(container.id);
  container.state.status = 'running';
  startHealthChecks(context, container);
  context.containers.save(container);
  emitContainer(context, 'unpause', container);
}
