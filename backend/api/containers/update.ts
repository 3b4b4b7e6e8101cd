import { updateContainer } from '../../engine/containers/update.ts';
import type { EngineContext } from '../../engine/context.ts';
import type { Route } from '../route.ts';
import { toUpdateRequest } from '../wire/container-update.ts';

export const updateRoute = (engine: EngineContext): Route => ({
  method: 'POST',
  path: '/containers/:id/update',
  handle: async (request) => {
    const update = toUpdateRequest(await request.json());
    const warnings = await updateContainer(engine, request.params['id'] ?? '', update);
    return { status: 200, body: { Warnings: warnings } };
  },
});
