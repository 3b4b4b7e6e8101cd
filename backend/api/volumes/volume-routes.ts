import type { EngineContext } from '../../engine/context.ts';
import { pruneVolumes } from '../../engine/volumes/prune-volumes.ts';
import { removeVolume } from '../../engine/volumes/remove-volume.ts';
import type { Route } from '../route.ts';
import { clientOlderThan } from '../wire/client-version.ts';
import { flag, parseFilters } from '../wire/query.ts';
import { noSwarm, toCreateVolumeRequest, volumeWire } from '../wire/volume.ts';
import { LIST_FILTERS, PRUNE_FILTERS, pruneFilter, volumeFilter } from './volume-filters.ts';

/** Fixed words stand before names. */
export const volumeRoutes = (engine: EngineContext): Route[] => [
  listRoute(engine),
  createRoute(engine),
  pruneRoute(engine),
  inspectRoute(engine),
  removeRoute(engine),
  updateRoute(engine),
];

const listRoute = (engine: EngineContext): Route => ({
  method: 'GET',
  path: '/volumes',
  handle: async ({ query }) => {
    const fits = volumeFilter(engine, parseFilters(query, LIST_FILTERS));
    const volumes = engine.volumes.list().filter(fits);
    return {
      status: 200,
      body: { Volumes: volumes.map((volume) => volumeWire(volume)), Warnings: null },
    };
  },
});

const inspectRoute = (engine: EngineContext): Route => ({
  method: 'GET',
  path: '/volumes/:name',
  handle: async ({ params }) => ({
    status: 200,
    body: volumeWire(engine.volumes.get(params['name'] ?? '')),
  }),
});

const createRoute = (engine: EngineContext): Route => ({
  method: 'POST',
  path: '/volumes/create',
  handle: async (request) => {
    const volume = await engine.volumes.create(toCreateVolumeRequest(await request.json()));
    return { status: 201, body: volumeWire(volume) };
  },
});

const removeRoute = (engine: EngineContext): Route => ({
  method: 'DELETE',
  path: '/volumes/:name',
  handle: async ({ params, query }) => {
    await removeVolume(engine, params['name'] ?? '', { force: flag(query, 'force') });
    return { status: 204 };
  },
});

const pruneRoute = (engine: EngineContext): Route => ({
  method: 'POST',
  path: '/volumes/prune',
  handle: async ({ query, raw, signal }) => {
    const fits = pruneFilter(engine, parseFilters(query, PRUNE_FILTERS), {
      allByDefault: clientOlderThan(raw, '1.42'),
    });
    const { names, bytes } = await pruneVolumes(engine, fits, signal);
    return { status: 200, body: { VolumesDeleted: names, SpaceReclaimed: bytes } };
  },
});

/** Only cluster volumes can be changed. */
const updateRoute = (engine: EngineContext): Route => ({
  method: 'PUT',
  path: '/volumes/:name',
  handle: async ({ params }) => {
    engine.volumes.get(params['name'] ?? '');
    throw noSwarm();
  },
});
