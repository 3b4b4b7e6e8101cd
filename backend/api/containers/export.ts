import { pipeline } from 'node:stream/promises';
import { exportContainer } from '../../engine/files/export-container.ts';
import type { FilesContext } from '../../engine/files/files-context.ts';
import type { Route } from '../route.ts';

export const exportRoute = (files: FilesContext): Route => ({
  method: 'GET',
  path: '/containers/:id/export',
  handle: async ({ params }, response) => {
    const content = await exportContainer(files, params['id'] ?? '');
    response.writeHead(200, { 'Content-Type': 'application/octet-stream' });
    await pipeline(content, response);
    return undefined;
  },
});
