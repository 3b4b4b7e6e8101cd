import { createContainer } from '../../engine/containers/create.ts';
import type { EngineContext } from '../../engine/context.ts';
import { invalidArgument } from '../../base/errors.ts';
import type { CreateRequest } from '../../engine/containers/create-request.ts';
import type { Route } from '../route.ts';
import { clientOlderThan } from '../wire/client-version.ts';
import { toCreateRequest } from '../wire/container-create.ts';

export const createRoute = (engine: EngineContext): Route => ({
  method: 'POST',
  path: '/containers/create',
  handle: async (request) => {
    const wanted = toCreateRequest(request.query.get('name'), await request.json());
    if (clientOlderThan(request.raw, '1.44')) refuseSeveralNetworks(wanted);
    const container = await createContainer(engine, wanted);
    return { status: 201, body: { Id: container.id, Warnings: [] } };
  },
});

function refuseSeveralNetworks({ networks }: CreateRequest): void {
  const names = Object.keys(networks);
  if (names.length > 1)
    throw invalidArgument(`Container cannot be connected to network endpoints: ${names.join(', ')}`);
}
