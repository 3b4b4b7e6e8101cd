import { notModified } from '../../base/errors.ts';
import type { EngineContext } from '../context.ts';
import type { Container } from './container.ts';
import { emitContainer } from './container-events.ts';
import { endedWithin } from './ended-within.ts';
import { killAndWait, parseSignal, sendSignal } from './kill.ts';

const DEFAULT_TIMEOUT = 10;

export interface StopOptions {
  /** Overrides the container's own stop signal. */
  signal: string | null;
  /** Seconds before SIGKILL; -1 waits for ever; null for the container's own or 10. */
  timeout: number | null;
}

/** @throws not-modified when it does not run */
export async function stopContainer(
  context: EngineContext,
  reference: string,
  options: StopOptions,
): Promise<void> {
  const container = context.containers.resolve(reference);
  if (container.state.status === 'restarting' && (await stopBetweenRestarts(context, container))) return;
  if (container.state.status !== 'running') throw notModified(`container ${container.name} is not running`);
  container.state.stoppedByUser = true;
  context.containers.save(container);
  await stopRunning(context, container, options);
  emitContainer(context, 'stop', container);
}

/** False where the automatic start was under way already: then there is a program to stop. */
function stopBetweenRestarts(context: EngineContext, container: Container): Promise<boolean> {
  return context.locks.run(container.id, async () => {
    if (container.state.status === 'running') return false;
    const live = context.live.of(container.id);
    live.cancelRestart();
    container.state.stoppedByUser = true;
    if (container.state.status === 'restarting') container.state.status = 'exited';
    context.containers.save(container);
    emitContainer(context, 'stop', container);
    live.tellExit(container.state.exitCode);
    return true;
  });
}

/** Stop signal, patience, SIGKILL; resolves when the exit has been handled. */
export async function stopRunning(
  context: EngineContext,
  container: Container,
  options: StopOptions,
): Promise<void> {
  const { exit } = context.live.of(container.id);
  const timeout = options.timeout ?? container.config.stopTimeout ?? DEFAULT_TIMEOUT;
  await sendSignal(context, container, parseSignal(options.signal ?? container.config.stopSignal));
  if (timeout < 0) return exit;
  if (!(await endedWithin(exit, timeout * 1000))) await killAndWait(context, container, 'SIGKILL');
}
