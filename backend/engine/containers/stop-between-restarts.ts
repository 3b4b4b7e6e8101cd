import type { EngineContext } from '../context.ts';
import type { Container } from './container.ts';
import { isUp } from './status.ts';

/**
 * The user's word that a container between two automatic starts stays down. False where the next start was under
 * way already: then there is a program to stop.
 */
export function stopBetweenRestarts(context: EngineContext, container: Container): Promise<boolean> {
  return context.locks.run(container.id, async () => {
    if (isUp(container)) return false;
    // Removed while this waited.
    if (context.containers.get(container.id) !== container) return true;
    const live = context.live.of(container.id);
    live.cancelRestart();
    container.state.stoppedByUser = true;
    if (container.state.status === 'restarting') container.state.status = 'exited';
    context.containers.save(container);
    live.tellExit(container.state.exitCode);
    return true;
  });
}
