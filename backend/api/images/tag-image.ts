import { tagImage } from '../../engine/images/tag-image.ts';
import { invalidArgument } from '../../base/errors.ts';
import { parseReference } from '../../oci/reference.ts';
import type { Route } from '../route.ts';
import type { ImageRoutesDependencies } from './images-dependencies.ts';

export function tagImageRoute({ context }: ImageRoutesDependencies): Route {
  return {
    method: 'POST',
    path: '/images/*name/tag',
    handle: async ({ params, query }) => {
      const repository = query.get('repo');
      if (!repository) throw invalidArgument('missing parameter repo');
      const tag = query.get('tag');
      tagImage(context, params['name'] ?? '', parseReference(tag ? `${repository}:${tag}` : repository));
      return { status: 201 };
    },
  };
}
