import { createContainer } from '../../engine/containers/create.ts';
import type { EngineContext } from '../../engine/context.ts';
import type { Route } from '../route.ts';
import { toCreateRequest } from '../wire/container-create.ts';

export const createRoute = (engine: EngineContext): Route => ({
  method: 'POST',
  path: '/containers/create',
  handle: async (request) => {
    const wanted = toCreateRequest(request.query.get('name'), await request.json());
    const container = await createContainer(engine, wanted);
    return { status: 201, body: { Id: container.id, Warnings: [] } };
  },
});
