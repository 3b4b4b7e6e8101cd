import { pruneImages } from '../../engine/images/prune-images.ts';
import type { Route } from '../route.ts';
import { imageDeleteItems } from '../wire/image-delete.ts';
import { parseFilters } from '../wire/query.ts';
import { danglingFilter, labelFilters, untilFilter } from './filters.ts';
import type { ImageRoutesDependencies } from './images-dependencies.ts';

export function pruneImagesRoute({ context }: ImageRoutesDependencies): Route {
  return {
    method: 'POST',
    path: '/images/prune',
    handle: async ({ query }) => {
      const filters = parseFilters(query, ['dangling', 'label', 'label!', 'until']);
      const { removals, bytes } = await pruneImages(context, {
        danglingOnly: danglingFilter(filters) ?? true,
        labels: labelFilters(filters, 'label'),
        withoutLabels: labelFilters(filters, 'label!'),
        until: untilFilter(filters),
      });
      return { status: 200, body: { ImagesDeleted: imageDeleteItems(removals), SpaceReclaimed: bytes } };
    },
  };
}
