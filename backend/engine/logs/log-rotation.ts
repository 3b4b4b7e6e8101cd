import { codeOf, messageOf } from '../../base/errors.ts';
import { keepRotating } from '../../runtime/logs/keep-rotating.ts';
import { rotationPolicy } from '../../runtime/logs/rotation-policy.ts';
import { logPath } from '../containers/bring-up.ts';
import { isUp } from '../containers/status.ts';
import type { EngineContext } from '../context.ts';

/**
 * Rotates the logs of all running containers that have a limit: of those that run now, and of those that start
 * later. Ends with the daemon; what grew while there was none is caught up at the next start.
 */
export function rotateLogs(context: EngineContext): void {
  const { containers, events, shutdown } = context;
  const watched = new Map<string, AbortController>();
  const begin = (id: string): void => {
    const container = containers.get(id);
    if (!container || watched.has(id) || shutdown.aborted) return;
    const { type, options } = container.hostConfig.logConfig;
    const policy = rotationPolicy(type, options);
    if (!policy) return;
    const end = new AbortController();
    watched.set(id, end);
    const log = { path: logPath(context, id), policy, reopen: () => context.runtime.reopenLog(id) };
    void untilEnd(context, id, () => keepRotating(log, end.signal), end.signal);
  };
  const end = (id: string): void => {
    watched.get(id)?.abort();
    watched.delete(id);
  };
  events.subscribe(({ type, action, actor }) => {
    if (type !== 'container') return;
    if (action === 'start') begin(actor.id);
    else if (action === 'die' || action === 'destroy') end(actor.id);
  });
  shutdown.addEventListener('abort', () => [...watched.keys()].forEach(end), { once: true });
  for (const container of containers.all()) if (isUp(container)) begin(container.id);
}

/** Milliseconds before a rotation that failed (a full disk, say) is tried again. */
const TRY_AGAIN = 5000;

async function untilEnd(
  { logger }: EngineContext,
  id: string,
  work: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      return await work();
    } catch (error) {
      // The monitor ends a moment before its exit is told.
      if (signal.aborted || codeOf(error) === 'not-found') return;
      logger.warn({ container: id, error: messageOf(error) }, 'cannot rotate a log');
    }
    await pause(signal);
  }
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, TRY_AGAIN).unref();
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
