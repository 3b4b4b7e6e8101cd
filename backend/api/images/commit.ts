import { invalidArgument } from '../../base/errors.ts';
import { commitContainer } from '../../engine/files/commit-container.ts';
import type { FilesContext } from '../../engine/files/files-context.ts';
import type { Route } from '../route.ts';
import { commitConfig } from '../wire/commit.ts';
import { flag } from '../wire/query.ts';
import { newImageName } from './new-image-name.ts';

/** POST /commit: the configuration in the body goes before the container's own. */
export const commitRoute = (files: FilesContext): Route => ({
  method: 'POST',
  path: '/commit',
  handle: async ({ query, json, signal }) => {
    const reference = query.get('container') ?? '';
    if (reference === '') throw invalidArgument('no container name or ID supplied');
    const id = await commitContainer(files, {
      reference,
      name: newImageName(query.get('repo'), query.get('tag')),
      comment: query.get('comment') ?? '',
      author: query.get('author') ?? '',
      pause: flag(query, 'pause', true),
      changes: query.getAll('changes'),
      config: commitConfig(await json()),
      signal,
    });
    return { status: 201, body: { Id: id } };
  },
});
