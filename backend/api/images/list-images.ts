import { listImages } from '../../engine/images/list-images.ts';
import type { Route } from '../route.ts';
import { imageSummary } from '../wire/image-summary.ts';
import { flag, parseFilters } from '../wire/query.ts';
import { danglingFilter, labelFilters, untilFilter } from './filters.ts';
import type { ImageRoutesDependencies } from './images-dependencies.ts';

const FILTERS = ['reference', 'dangling', 'label', 'before', 'since', 'until'];

export function listImagesRoute({ context }: ImageRoutesDependencies): Route {
  return {
    method: 'GET',
    path: '/images/json',
    handle: async ({ query }) => {
      const filters = parseFilters(query, FILTERS);
      // Clients before API 1.24 name one image by `filter`.
      const named = query.get('filter');
      const listed = listImages(context, {
        references: [...(filters.get('reference') ?? []), ...(named ? [named] : [])],
        dangling: danglingFilter(filters),
        labels: labelFilters(filters, 'label'),
        before: filters.get('before') ?? [],
        since: filters.get('since') ?? [],
        until: untilFilter(filters),
      });
      const shared = flag(query, 'shared-size');
      const body = listed.map(({ image, sharedSize, containers }) =>
        imageSummary(image, { sharedSize: shared ? sharedSize : -1, containers }),
      );
      return { status: 200, body };
    },
  };
}
