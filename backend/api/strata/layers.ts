import { describeStack } from '../../engine/layers/describe-stack.ts';
import { layerStackBody } from '../wire/layer-views.ts';
import type { StackHandler } from './layer-routes.ts';

export const sendLayers: StackHandler = async (context, stack) => ({
  status: 200,
  body: layerStackBody(stack, await describeStack(context, stack)),
});
