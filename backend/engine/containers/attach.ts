import { conflict } from '../../base/errors.ts';
import type { AttachedStreams } from '../../runtime/runtime.ts';
import type { EngineContext } from '../context.ts';
import type { Container } from './container.ts';
import { emitContainer } from './container-events.ts';

export interface Attachment {
  container: Container;
  /** Null when the container goes without ever having started, the client goes first, or only the log is wanted. */
  streams: Promise<AttachedStreams | null>;
}

/**
 * The streams of a container: at once when it runs, else from its next start on.
 * @throws not-found; conflict for one that is paused, between two automatic restarts or being removed
 */
export function attachContainer(
  context: EngineContext,
  reference: string,
  wanted: { stdin: boolean; stream: boolean },
  signal: AbortSignal,
): Attachment {
  const container = context.containers.resolve(reference);
  const { config, id, state } = container;
  if (state.status === 'paused')
    throw conflict(`container ${reference} is paused, unpause the container before attach`);
  if (state.status === 'restarting')
    throw conflict(`container ${reference} is restarting, wait until the container is running`);
  if (state.status === 'removing' || state.status === 'dead')
    throw conflict(`container ${id} is marked for removal and cannot be attached to`);
  emitContainer(context, 'attach', container);
  const stdin = wanted.stdin && config.openStdin;
  if (!wanted.stream) return { container, streams: Promise.resolve(null) };
  const streams =
    state.status === 'running'
      ? context.runtime.attach(id, { stdin, tty: config.tty })
      : context.live.of(id).attachAtStart(stdin, signal);
  return { container, streams };
}
