import { conflict } from '../../base/errors.ts';
import type { EngineContext } from '../context.ts';
import type { Container } from './container.ts';
import { killAndWait } from './kill.ts';
import { removeLocked } from './remove-locked.ts';
import { countsAsRunning, isUp } from './status.ts';

/** How often a container may be started again while it is being removed by force. */
const TRIES = 5;

/** @throws conflict for a running container without `force` */
export async function removeContainer(
  context: EngineContext,
  reference: string,
  { force, volumes }: { force: boolean; volumes: boolean },
): Promise<void> {
  const container = context.containers.resolve(reference);
  if (container.state.status === 'removing')
    throw conflict(`removal of container ${reference} is already in progress`);
  for (let tries = 0; tries < TRIES; tries += 1) {
    if (!force) checkStopped(container);
    await killIfRunning(context, container);
    const removed = await context.locks.run(container.id, async () => {
      // A start that was under way has come to its end first.
      if (isUp(container)) return false;
      await removeLocked(context, container, { volumes });
      return true;
    });
    if (removed) return;
  }
  throw conflict(`cannot remove container "/${container.name}": it is started again and again`);
}

function checkStopped(container: Container): void {
  const { name, state } = container;
  if (!countsAsRunning(container)) return;
  const reason =
    state.status === 'paused'
      ? 'container is paused and must be unpaused first'
      : `container is ${state.status}: stop the container before removing or force remove`;
  throw conflict(`cannot remove container "/${name}": ${reason}`);
}

async function killIfRunning(context: EngineContext, container: Container): Promise<void> {
  if (!isUp(container)) return;
  container.state.stoppedByUser = true;
  await killAndWait(context, container);
}
