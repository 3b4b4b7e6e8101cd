import type { EngineContext } from '../context.ts';
import { emitContainer } from './container-events.ts';
import { cancelRestart } from './start.ts';
import { stopRunning, type StopOptions } from './stop.ts';
import { startSupervised } from './supervise.ts';

/** Stops it if it runs, then starts it; `--rm` and the restart policy do not see the exit in between. */
export async function restartContainer(
  context: EngineContext,
  reference: string,
  options: StopOptions,
): Promise<void> {
  const container = context.containers.resolve(reference);
  const live = context.live.of(container.id);
  live.restarting = true;
  try {
    if (container.state.status === 'running') await stopRunning(context, container, options);
    await context.locks.run(container.id, async () => {
      cancelRestart(context, container.id);
      container.state.restartCount = 0;
      // Somebody else's start may have come first: it runs, which is what was asked for.
      if (container.state.status !== 'running') await startSupervised(context, container);
    });
  } finally {
    live.restarting = false;
  }
  emitContainer(context, 'restart', container);
}
