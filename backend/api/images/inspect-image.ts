import type { Route } from '../route.ts';
import { imageInspect } from '../wire/image-inspect.ts';
import type { ImageRoutesDependencies } from './images-dependencies.ts';

export function inspectImage({ context, driver }: ImageRoutesDependencies): Route {
  return {
    method: 'GET',
    path: '/images/*name/json',
    handle: async ({ params }) => ({
      status: 200,
      body: imageInspect(context.images.resolve(params['name'] ?? ''), driver),
    }),
  };
}
