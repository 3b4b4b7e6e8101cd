import { containerChanges } from '../../engine/files/container-changes.ts';
import type { FilesContext } from '../../engine/files/files-context.ts';
import { nameBytes } from '../../layer/byte-names.ts';
import type { Route } from '../route.ts';

const KINDS = { modified: 0, added: 1, deleted: 2 };

export const changesRoute = (files: FilesContext): Route => ({
  method: 'GET',
  path: '/containers/:id/changes',
  handle: async ({ params }) => {
    const changes = await containerChanges(files, params['id'] ?? '');
    const body = changes.map(({ path, kind }) => ({
      Path: `/${nameBytes(path).toString()}`,
      Kind: KINDS[kind],
    }));
    return { status: 200, body };
  },
});
