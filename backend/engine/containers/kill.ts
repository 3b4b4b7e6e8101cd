import { constants } from 'node:os';
import { conflict, invalidArgument, unavailable, codeOf } from '../../base/errors.ts';
import type { EngineContext } from '../context.ts';
import type { Container } from './container.ts';
import { emitContainer } from './container-events.ts';
import { endedWithin } from './ended-within.ts';

const SIGNALS: Readonly<Record<string, number>> = constants.signals;
/** A process in uninterruptible sleep may outlive SIGKILL for a while, not for ever. */
const KILL_PATIENCE = 10_000;

/** `SIGTERM`, `term`, `15`, `RTMIN+3`. @throws invalid-argument */
export function parseSignal(text: string): number {
  const upper = text.toUpperCase();
  const realTime = /^(?:SIG)?RT(MIN\+|MAX-)(\d+)$/.exec(upper);
  const number = realTime
    ? realTime[1] === 'MIN+'
      ? 34 + Number(realTime[2])
      : 64 - Number(realTime[2])
    : /^\d+$/.test(text)
      ? Number(text)
      : (SIGNALS[upper] ?? SIGNALS[`SIG${upper}`]);
  if (number === undefined || number < 1 || number > 64) throw invalidArgument(`Invalid signal: ${text}`);
  return number;
}

/** Sends a signal to a running container. @throws conflict when it does not run */
export async function killContainer(
  context: EngineContext,
  reference: string,
  signal: string,
): Promise<void> {
  const container = context.containers.resolve(reference);
  const number = parseSignal(signal || 'SIGKILL');
  if (container.state.status !== 'running') {
    throw conflict(`cannot kill container: ${reference}: container ${container.id} is not running`);
  }
  // Signals that end most programs count as the user's wish that it stays down.
  if (number === SIGNALS['SIGKILL'] || number === parseSignal(container.config.stopSignal))
    container.state.stoppedByUser = true;
  if (number === SIGNALS['SIGKILL']) await killAndWait(context, container, signal || 'SIGKILL');
  else await sendSignal(context, container, number);
}

/** SIGKILL, and its exit handled: nothing of it runs when this resolves. */
export async function killAndWait(
  context: EngineContext,
  container: Container,
  signal: string,
): Promise<void> {
  const { exit } = context.live.of(container.id);
  await sendSignal(context, container, parseSignal(signal));
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
