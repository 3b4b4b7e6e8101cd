import type { ImageContext } from '../../engine/images/image-context.ts';
import {
  stackOfContainer,
  stackOfImage,
  type FindContainerStack,
  type Stack,
} from '../../engine/layers/layer-stack.ts';
import type { ApiRequest, Reply, Route } from '../route.ts';
import { sendChanges, sendContainerChanges } from './changes.ts';
import { sendFile } from './file.ts';
import { sendLayers } from './layers.ts';
import { sendProvenance } from './provenance.ts';
import { sendTree } from './tree.ts';
import type { ServerResponse } from 'node:http';

export interface LayerRoutesDependencies {
  context: Pick<ImageContext, 'images' | 'layers'>;
  containerStack: FindContainerStack;
}

/** Answers about one stack, be it an image's or a container's. */
export type StackHandler = (
  context: LayerRoutesDependencies['context'],
  stack: Stack,
  request: ApiRequest,
  response: ServerResponse,
) => Promise<Reply | undefined>;

const VIEWS: Readonly<Record<string, StackHandler>> = {
  layers: sendLayers,
  tree: sendTree,
  provenance: sendProvenance,
  file: sendFile,
  'layers/:position/changes': sendChanges,
};

/** `/strata/v1` about layers: backend/api/wire/strata-layers.ts has the shapes. */
export function strataLayerRoutes({ context, containerStack }: LayerRoutesDependencies): Route[] {
  const ofImage = (view: string, handler: StackHandler): Route => ({
    method: 'GET',
    path: `/strata/v1/images/*name/${view}`,
    handle: (request, response) =>
      handler(context, stackOfImage(context, request.params['name'] ?? ''), request, response),
  });
  const ofContainer = (view: string, handler: StackHandler): Route => ({
    method: 'GET',
    path: `/strata/v1/containers/:id/${view}`,
    handle: async (request, response) => {
      const stack = await stackOfContainer(context, containerStack, request.params['id'] ?? '');
      return await handler(context, stack, request, response);
    },
  });
  const views = Object.entries(VIEWS);
  return [
    ...views.map(([view, handler]) => ofImage(view, handler)),
    ...views.map(([view, handler]) => ofContainer(view, handler)),
    ofContainer('changes', sendContainerChanges),
  ];
}
