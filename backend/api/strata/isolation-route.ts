import { conflict } from '../../base/errors.ts';
import type { EngineContext } from '../../engine/context.ts';
import { describeIsolation } from '../../runtime/isolation.ts';
import type { Route } from '../route.ts';

/** GET /strata/v1/containers/{id}/isolation: what separates the container's first process from the host. */
export const isolationRoute = ({ containers }: Pick<EngineContext, 'containers'>): Route => ({
  method: 'GET',
  path: '/strata/v1/containers/:id/isolation',
  handle: async ({ params }) => {
    const { id, state } = containers.resolve(params['id'] ?? '');
    if (state.status !== 'running')
      throw conflict(`container ${id} is not running: only a process can be isolated`);
    return { status: 200, body: describeIsolation(state.pid) };
  },
});
