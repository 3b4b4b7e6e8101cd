import { invalidArgument } from '../../base/errors.ts';
import { describeStack } from '../../engine/layers/describe-stack.ts';
import { layerPath } from '../../engine/layers/layer-stack.ts';
import { pathProvenance } from '../../engine/layers/path-provenance.ts';
import { provenanceBody } from '../wire/layer-views.ts';
import type { StackHandler } from './layer-routes.ts';

export const sendProvenance: StackHandler = async (context, stack, { query }) => {
  const path = query.get('path');
  if (path === null) throw invalidArgument('missing parameter path');
  const found = await pathProvenance(stack, layerPath(path));
  return { status: 200, body: provenanceBody(found, await describeStack(context, stack)) };
};
