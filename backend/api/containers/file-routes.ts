import type { FilesContext } from '../../engine/files/files-context.ts';
import type { Route } from '../route.ts';
import { archiveRoutes } from './archive.ts';
import { changesRoute } from './changes.ts';
import { exportRoute } from './export.ts';

/** What reaches into the files of containers. */
export const fileRoutes = (files: FilesContext): Route[] => [
  ...archiveRoutes(files),
  exportRoute(files),
  changesRoute(files),
];
