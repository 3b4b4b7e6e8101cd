import { conflict } from '../../base/errors.ts';
import type { EngineContext } from '../context.ts';
import type { Container } from './container.ts';
import { killAndWait } from './kill.ts';
import { removeLocked } from './remove-locked.ts';

/** How often a container may be started again while it is being removed by force. */
const TRIES = 5;

/** @throws conflict for a running container without `force` */
export async function removeContainer(
  context: EngineContext,
  reference: string,
  { force, volumes }: { force: boolean; volumes: boolean },
): Promise<void> {
  const container = context.containers.resolve(reference);
  for (let tries = 0; tries < TRIES; tries += 1) {
    if (!force) checkStopped(container);
    await killIfRunning(context, container);
    const removed = await context.locks.run(container.id, async () => {
      // A start that was under way has come to its end first.
      if (container.state.status === 'running') return false;
      await removeLocked(context, container, { volumes });
      return true;
    });
    if (removed) return;
  }
  throw conflict(`cannot remove container "/${container.name}": it is started again and again`);
}

function checkStopped({ name, state }: Container): void {
  if (state.status !== 'running' && state.status !== 'restarting') return;
  throw conflict(
    `cannot remove container "/${name}": container is ${state.status}: stop the container before removing or force remove`,
  );
}

async function killIfRunning(context: EngineContext, container: Container): Promise<void> {
  if (container.state.status !== 'running') return;
  container.state.stoppedByUser = true;
  await killAndWait(context, container, 'SIGKILL');
}
