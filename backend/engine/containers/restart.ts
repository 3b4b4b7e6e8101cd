import type { EngineContext } from '../context.ts';
import { emitContainer } from './container-events.ts';
import { startByHand } from './start.ts';
import { isUp } from './status.ts';
import { stopRunning, type StopOptions } from './stop.ts';

/** Stops it if it runs, then starts it; `--rm` and the restart policy do not see the exit in between. */
export async function restartContainer(
  context: EngineContext,
  reference: string,
  options: StopOptions,
): Promise<void> {
  const container = context.containers.resolve(reference);
  using _hold = context.live.of(container.id).holdForRestart();
  if (isUp(container)) {
    await stopRunning(context, container, options);
    emitContainer(context, 'stop', container);
  }
  await context.locks.run(container.id, async () => {
    // Somebody else's start may have come first: it runs, which is what was asked for.
    if (!isUp(container)) await startByHand(context, container);
  });
  emitContainer(context, 'restart', container);
}
