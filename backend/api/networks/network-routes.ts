import { createNetwork } from '../../engine/networks/create-network.ts';
import { networkMembers } from '../../engine/networks/network-members.ts';
import { pruneNetworks } from '../../engine/networks/prune-networks.ts';
import { removeNetwork } from '../../engine/networks/remove-network.ts';
import type { EngineContext } from '../../engine/context.ts';
import { notFound } from '../../base/errors.ts';
import type { Route } from '../route.ts';
import { networkWire } from '../wire/network.ts';
import { toCreateNetworkRequest } from '../wire/network-create.ts';
import { parseFilters } from '../wire/query.ts';
import { connectRoute, disconnectRoute } from './membership-routes.ts';
import { LIST_FILTERS, networkFilter, PRUNE_FILTERS } from './network-filters.ts';

/** Fixed words stand before names. */
export const networkRoutes = (engine: EngineContext): Route[] => [
  listRoute(engine, '/networks'),
  // The docker CLI before API 1.21 and some libraries ask with a slash at the end.
  listRoute(engine, '/networks/'),
  createRoute(engine),
  pruneRoute(engine),
  connectRoute(engine),
  disconnectRoute(engine),
  inspectRoute(engine),
  removeRoute(engine),
];

const listRoute = (engine: EngineContext, path: string): Route => ({
  method: 'GET',
  path,
  handle: async ({ query }) => {
    const fits = networkFilter(engine, parseFilters(query, LIST_FILTERS));
    const body = engine.networks.list().filter(fits);
    return { status: 200, body: body.map((network) => networkWire(network)) };
  },
});

const inspectRoute = (engine: EngineContext): Route => ({
  method: 'GET',
  path: '/networks/:id',
  handle: async ({ params, query }) => {
    const name = params['id'] ?? '';
    const scope = query.get('scope');
    if (scope && scope !== 'local') throw notFound(`network ${name} not found`);
    const network = engine.networks.get(name);
    return { status: 200, body: networkWire(network, networkMembers(engine, network.id)) };
  },
});

const createRoute = (engine: EngineContext): Route => ({
  method: 'POST',
  path: '/networks/create',
  handle: async (request) => {
    const { id } = await createNetwork(engine, toCreateNetworkRequest(await request.json()));
    return { status: 201, body: { Id: id, Warning: '' } };
  },
});

const removeRoute = (engine: EngineContext): Route => ({
  method: 'DELETE',
  path: '/networks/:id',
  handle: async ({ params }) => {
    await removeNetwork(engine, params['id'] ?? '');
    return { status: 204 };
  },
});

const pruneRoute = (engine: EngineContext): Route => ({
  method: 'POST',
  path: '/networks/prune',
  handle: async ({ query }) => {
    const fits = networkFilter(engine, parseFilters(query, PRUNE_FILTERS));
    const removed = await pruneNetworks(engine, fits);
    return { status: 200, body: { NetworksDeleted: removed.length > 0 ? removed : null } };
  },
});
