import { conflict, messageOf, notFound, notModified } from '../../base/errors.ts';
import type { EngineContext } from '../context.ts';
import type { Container } from './container.ts';
import { removeLocked } from './remove-locked.ts';
import { startSupervised } from './supervise.ts';

/** @throws not-modified when it runs already; else with the cause in the runtime's own words, nothing left behind */
export async function startContainer(context: EngineContext, reference: string): Promise<void> {
  const container = context.containers.resolve(reference);
  await context.locks.run(container.id, async () => {
    if (container.state.status === 'paused')
      throw conflict('cannot start a paused container, try unpause instead');
    if (container.state.status === 'running')
      throw notModified(`container ${container.name} is already running`);
    await startByHand(context, container);
  });
}

/** A start that a user asked for, under the container's lock: automatic ones start over, and `--rm` counts. */
export async function startByHand(context: EngineContext, container: Container): Promise<void> {
  const { containers, live, logger } = context;
  const { id, name, state, hostConfig } = container;
  // It may have been removed while this start waited for the lock.
  if (containers.get(id) !== container) throw notFound(`No such container: ${name}`);
  if (state.status === 'removing' || state.status === 'dead')
    throw conflict('container is marked for removal and cannot be started');
  live.of(id).cancelRestart();
  state.restartCount = 0;
  try {
    await startSupervised(context, container);
  } catch (error) {
    if (hostConfig.autoRemove) {
      await removeLocked(context, container, { volumes: true }).catch((failure: unknown) =>
        logger.warn({ container: id, error: messageOf(failure) }, 'cannot remove a container'),
      );
    }
    throw error;
  }
}
