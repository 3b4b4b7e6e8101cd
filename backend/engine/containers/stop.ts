import { notModified } from '../../base/errors.ts';
import type { EngineContext } from '../context.ts';
import type { Container } from './container.ts';
import { emitContainer } from './container-events.ts';
import { endedWithin } from './ended-within.ts';
import { killAndWait, sendSignal } from './kill.ts';
import { parseSignal } from './signals.ts';
import { isUp } from './status.ts';
import { stopBetweenRestarts } from './stop-between-restarts.ts';
import { thawToEnd } from './unpause.ts';

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
  const signal = stopSignal(container, options);
  if (container.state.status === 'restarting' && (await stopBetweenRestarts(context, container))) {
    emitContainer(context, 'stop', container);
    return;
  }
  if (!isUp(container)) throw notModified(`container ${container.name} is not running`);
  container.state.stoppedByUser = true;
  context.containers.save(container);
  await endRunning(context, container, { ...options, signal });
  emitContainer(context, 'stop', container);
}

/** Stop signal, patience, SIGKILL; resolves when the exit has been handled. */
export async function stopRunning(
  context: EngineContext,
  container: Container,
  options: StopOptions,
): Promise<void> {
  await endRunning(context, container, { ...options, signal: stopSignal(container, options) });
}

/** @throws invalid-argument, before anything is stopped */
function stopSignal({ config }: Container, { signal }: StopOptions): number {
  return parseSignal(signal ?? config.stopSignal);
}

async function endRunning(
  context: EngineContext,
  container: Container,
  { signal, timeout }: { signal: number; timeout: number | null },
): Promise<void> {
  const { exit } = context.live.of(container.id);
  const patience = timeout ?? container.config.stopTimeout ?? DEFAULT_TIMEOUT;
  await sendSignal(context, container, signal);
  await thawToEnd(context, container);
  if (patience < 0) return exit;
  if (!(await endedWithin(exit, patience * 1000))) await killAndWait(context, container);
}
