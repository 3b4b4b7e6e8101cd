import { imageHistory } from '../../engine/images/image-history.ts';
import type { Route } from '../route.ts';
import { imageHistoryItems } from '../wire/image-history.ts';
import type { ImageRoutesDependencies } from './images-dependencies.ts';

export function historyRoute({ context }: ImageRoutesDependencies): Route {
  return {
    method: 'GET',
    path: '/images/*name/history',
    handle: async ({ params }) => {
      const image = context.images.resolve(params['name'] ?? '');
      return { status: 200, body: imageHistoryItems(image, imageHistory(image, context.layers)) };
    },
  };
}
