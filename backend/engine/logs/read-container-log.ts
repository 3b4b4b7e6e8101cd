import { conflict, notImplemented } from '../../base/errors.ts';
import { readLogs, type LogLine } from '../../runtime/logs/read-logs.ts';
import { logPath } from '../containers/bring-up.ts';
import type { Container } from '../containers/container.ts';
import { isUp } from '../containers/status.ts';
import type { EngineContext } from '../context.ts';

export interface ContainerLogRequest {
  follow: boolean;
  tail?: number;
  /** Nanoseconds since the epoch. */
  since?: bigint;
  until?: bigint;
  signal: AbortSignal;
}

/**
 * A container's log, running or not. Following ends by itself when the container has ended: at once where it does
 * not run.
 * @throws not-implemented for a container whose output is not kept; conflict for one that is being removed
 */
export function readContainerLog(
  context: EngineContext,
  container: Container,
  request: ContainerLogRequest,
): AsyncIterable<readonly LogLine[]> {
  const { hostConfig, state, id } = container;
  if (state.status === 'dead' || state.status === 'removing')
    throw conflict('can not get logs from container which is dead or marked for removal');
  if (hostConfig.logConfig.type === 'none')
    throw notImplemented('configured logging driver does not support reading');
  const follow = request.follow && isUp(container);
  return readLogs({
    ...request,
    path: logPath(context, id),
    follow,
    ...(follow ? { ended: nextExit(context, id, request.signal) } : {}),
  });
}

function nextExit({ live }: EngineContext, id: string, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  // A container that runs for months must not remember every client that has read its log.
  const forget = live.of(id).onNextExit(() => resolve());
  signal.addEventListener('abort', forget, { once: true });
  return promise;
}
