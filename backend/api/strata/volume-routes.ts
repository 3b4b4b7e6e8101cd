import type { FilesContext } from '../../engine/files/files-context.ts';
import { describeVolume } from '../../engine/volumes/describe-volume.ts';
import type { Route } from '../route.ts';
import { flag } from '../wire/query.ts';
import type { StrataVolumes } from '../wire/strata-volumes.ts';
import { strataVolumeBody } from '../wire/volume-views.ts';
import { cloneRoute, exportRoute, importRoute } from './volume-archives.ts';
import { readFileRoute, statRoute, treeRoute } from './volume-browse.ts';
import { makeDirectoryRoute, removeFileRoute, renameRoute, writeFileRoute } from './volume-changes.ts';

/** `/strata/v1/volumes`: backend/api/wire/strata-volumes.ts has the shapes. */
export const strataVolumeRoutes = (files: FilesContext): Route[] => [
  listRoute(files),
  treeRoute(files),
  statRoute(files),
  readFileRoute(files),
  exportRoute(files),
  importRoute(files),
  cloneRoute(files),
  writeFileRoute(files),
  removeFileRoute(files),
  makeDirectoryRoute(files),
  renameRoute(files),
  describeRoute(files),
];

const listRoute = ({ engine }: FilesContext): Route => ({
  method: 'GET',
  path: '/strata/v1/volumes',
  handle: async ({ query, signal }) => {
    const names = engine.volumes.list().map(({ name }) => name);
    const body: StrataVolumes = { volumes: [] };
    // One after the other: sizes are walks through the same disk.
    for (const name of names.sort()) {
      if (signal.aborted) break;
      body.volumes.push(strataVolumeBody(await describeVolume(engine, name, { size: flag(query, 'size') })));
    }
    return { status: 200, body };
  },
});

const describeRoute = ({ engine }: FilesContext): Route => ({
  method: 'GET',
  path: '/strata/v1/volumes/:name',
  handle: async ({ params }) => ({
    status: 200,
    body: strataVolumeBody(await describeVolume(engine, params['name'] ?? '', { size: true })),
  }),
});
