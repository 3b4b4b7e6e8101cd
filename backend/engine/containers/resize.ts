import { conflict } from '../../base/errors.ts';
import type { EngineContext } from '../context.ts';
import { emitContainer } from './container-events.ts';

/** Tells a container's terminal its size. @throws conflict when it does not run */
export async function resizeContainer(
  context: EngineContext,
  reference: string,
  rows: number,
  columns: number,
): Promise<void> {
  const container = context.containers.resolve(reference);
  if (container.state.status !== 'running') throw conflict(`container ${container.id} is not running`);
  await context.runtime.resize(container.id, rows, columns);
  emitContainer(context, 'resize', container, { height: String(rows), width: String(columns) });
}
