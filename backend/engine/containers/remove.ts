import { conflict } from '../../base/errors.ts';
import type { EngineContext } from '../context.ts';
import { killAndWait } from './kill.ts';
import { removeLocked } from './remove-locked.ts';
import { cancelRestart } from './start.ts';

/** @throws conflict for a running container without `force` */
export async function removeContainer(
  context: EngineContext,
  reference: string,
  { force, volumes }: { force: boolean; volumes: boolean },
): Promise<void> {
  const container = context.containers.resolve(reference);
  if (container.state.status === 'running' && !force) {
    throw conflict(
      `cannot remove container "/${container.name}": container is running: stop the container before removing or force remove`,
    );
  }
  if (container.state.status === 'running') {
    container.state.stoppedByUser = true;
    await killAndWait(context, container, 'SIGKILL');
  }
  await context.locks.run(container.id, async () => {
    cancelRestart(context, container.id);
    if (container.state.status === 'running')
      throw conflict(`container ${container.name} was started again meanwhile`);
    await removeLocked(context, container, { volumes });
  });
}
