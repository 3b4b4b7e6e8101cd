import type { EngineContext } from '../context.ts';
import { emitContainer } from './container-events.ts';
import { isUp, notRunning } from './status.ts';

/** Tells a container's terminal its size. @throws conflict when it does not run */
export async function resizeContainer(
  context: EngineContext,
  reference: string,
  rows: number,
  columns: number,
): Promise<void> {
  const container = context.containers.resolve(reference);
  if (!isUp(container)) throw notRunning(container.id);
  await context.runtime.resize(container.id, rows, columns);
  emitContainer(context, 'resize', container, { height: String(rows), width: String(columns) });
}
