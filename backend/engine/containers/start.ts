import { conflict, notModified } from '../../base/errors.ts';
import type { EngineContext } from '../context.ts';
import { removeLocked } from './remove-locked.ts';
import { startSupervised } from './supervise.ts';

/** @throws not-modified when it runs already; else with the cause in the runtime's own words, nothing left behind */
export async function startContainer(context: EngineContext, reference: string): Promise<void> {
  const container = context.containers.resolve(reference);
  await context.locks.run(container.id, async () => {
    if (container.state.status === 'running')
      throw notModified(`container ${container.name} is already running`);
    if (container.state.status === 'removing') throw conflict(`container ${container.name} is being removed`);
    cancelRestart(context, container.id);
    container.state.restartCount = 0;
    try {
      await startSupervised(context, container);
    } catch (error) {
      if (container.hostConfig.autoRemove) await removeLocked(context, container, { volumes: true });
      throw error;
    }
  });
}

/** A planned automatic start is called off. */
export function cancelRestart({ live }: EngineContext, id: string): void {
  const { restartTimer } = live.of(id);
  if (restartTimer) clearTimeout(restartTimer);
  live.of(id).restartTimer = null;
  live.of(id).restartDelay = 0;
}
