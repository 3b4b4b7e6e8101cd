import { removeImage } from '../../engine/images/remove-image.ts';
import type { Route } from '../route.ts';
import { imageDeleteItems } from '../wire/image-delete.ts';
import { flag } from '../wire/query.ts';
import type { ImageRoutesDependencies } from './images-dependencies.ts';

export function removeImageRoute({ context }: ImageRoutesDependencies): Route {
  return {
    method: 'DELETE',
    path: '/images/*name',
    handle: async ({ params, query }) => {
      const removals = await removeImage(context, params['name'] ?? '', { force: flag(query, 'force') });
      return { status: 200, body: imageDeleteItems(removals) };
    },
  };
}
