import { conflict, unavailable, codeOf } from '../../base/errors.ts';
import type { EngineContext } from '../context.ts';
import type { Container } from './container.ts';
import { emitContainer } from './container-events.ts';
import { endedWithin } from './ended-within.ts';
import { parseSignal } from './signals.ts';
import { isUp } from './status.ts';
import { stopBetweenRestarts } from './stop-between-restarts.ts';
import { thawToEnd } from './unpause.ts';

/** A process in uninterruptible sleep may outlive SIGKILL for a while, not for ever. */
const KILL_PATIENCE = 10_000;
const SIGKILL = 9;

/** Sends a signal to a running container. @throws conflict when it does not run */
export async function killContainer(
  context: EngineContext,
  reference: string,
  signal: string,
): Promise<void> {
  const container = context.containers.resolve(reference);
  const number = parseSignal(signal || 'SIGKILL');
  const ends = number === SIGKILL || number === parseSignal(container.config.stopSignal);
  if (container.state.status === 'restarting' && (await stopBetweenRestarts(context, container))) return;
  if (!isUp(container))
    throw conflict(`cannot kill container: ${reference}: container ${container.id} is not running`);
  // Signals that end most programs count as the user's wish that it stays down.
  if (ends) {
    container.state.stoppedByUser = true;
    context.containers.save(container);
  }
  if (number === SIGKILL) return killAndWait(context, container);
  await sendSignal(context, container, number);
  if (ends) await thawToEnd(context, container);
}

/** SIGKILL, and its exit handled: nothing of it runs when this resolves. */
export async function killAndWait(context: EngineContext, container: Container): Promise<void> {
  const { exit } = context.live.of(container.id);
  await sendSignal(context, container, SIGKILL);
  await thawToEnd(context, container);
  if (!(await endedWithin(exit, KILL_PATIENCE)))
    throw unavailable(
      `container ${container.name} did not end within 10 s of SIGKILL: its process hangs in the kernel`,
    );
}

export async function sendSignal(
  context: EngineContext,
  container: Container,
  signal: number,
): Promise<void> {
  try {
    await context.runtime.kill(container.id, signal);
  } catch (error) {
    // It ended in this very moment; its exit is being handled.
    if (codeOf(error) !== 'not-found') throw error;
  }
  emitContainer(context, 'kill', container, { signal: String(signal) });
}
