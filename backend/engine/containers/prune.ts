import { codeOf, conflict } from '../../base/errors.ts';
import type { EngineContext } from '../context.ts';
import type { Container } from './container.ts';
import { removeContainer } from './remove.ts';
import { countsAsRunning } from './status.ts';

export interface Pruned {
  removed: string[];
  /** Bytes of the writable layers. */
  reclaimed: number;
}

const underWay = new WeakSet<EngineContext>();

/** Removes the stopped containers that fit. @throws conflict while another prune is under way */
export async function pruneContainers(
  context: EngineContext,
  fits: (container: Container) => boolean,
): Promise<Pruned> {
  if (underWay.has(context)) throw conflict('a prune operation is already running');
  underWay.add(context);
  try {
    return await removeStopped(context, fits);
  } finally {
    underWay.delete(context);
  }
}

async function removeStopped(
  context: EngineContext,
  fits: (container: Container) => boolean,
): Promise<Pruned> {
  const removed: string[] = [];
  let reclaimed = 0;
  for (const container of context.containers.all()) {
    if (countsAsRunning(container) || container.state.status === 'removing' || !fits(container)) continue;
    const bytes = await sizeOf(context, container);
    if (!(await removeUnlessStarted(context, container))) continue;
    removed.push(container.id);
    reclaimed += bytes;
  }
  context.events.emit('container', 'prune', '', { reclaimed: String(reclaimed) });
  return { removed, reclaimed };
}

async function sizeOf({ snapshotter }: EngineContext, { id }: Container): Promise<number> {
  // A writable layer that cannot be read can still be removed.
  return snapshotter.usage(id).then(
    ({ bytes }) => bytes,
    () => 0,
  );
}

async function removeUnlessStarted(context: EngineContext, { id }: Container): Promise<boolean> {
  try {
    await removeContainer(context, id, { force: false, volumes: false });
    return true;
  } catch (error) {
    // Started or removed by somebody else in the meantime.
    if (codeOf(error) === 'conflict' || codeOf(error) === 'not-found') return false;
    throw error;
  }
}
