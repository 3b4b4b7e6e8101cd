import { invalidArgument } from '../../base/errors.ts';
import { checkPosition, type Stack } from '../../engine/layers/layer-stack.ts';
import { changesOfLayer } from '../../layer/views/layer-changes.ts';
import type { Reply } from '../route.ts';
import { changeBody } from '../wire/layer-views.ts';
import type { LayerChanges } from '../wire/strata-layers.ts';
import type { StackHandler } from './layer-routes.ts';

/** The changes of one layer of the stack. */
export const sendChanges: StackHandler = async (_context, stack, { params }) => {
  const text = params['position'] ?? '';
  if (!/^\d{1,6}$/.test(text))
    throw invalidArgument(`invalid position ${JSON.stringify(text)}: expected a whole number`);
  return await changesAt(stack, checkPosition(stack, Number(text)));
};

/** The changes of the writable layer. */
export const sendContainerChanges: StackHandler = (_context, stack) => changesAt(stack, stack.top);

async function changesAt(stack: Stack, position: number): Promise<Reply> {
  // The runtime leaves an empty file in the writable layer under each mount: nobody wrote it and nobody sees it.
  const mounted = new Set(stack.container?.mounts.map(({ destination }) => destination));
  const inWritable = stack.container !== null && position === stack.top;
  const changes = changesOfLayer(await stack.indexes(), position)
    .map(changeBody)
    .filter(({ path, change }) => !(inWritable && change === 'added' && mounted.has(path)));
  const body: LayerChanges = { position, changes };
  return { status: 200, body };
}
