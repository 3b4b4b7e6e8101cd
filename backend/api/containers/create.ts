import { createContainer } from '../../engine/containers/create.ts';
import type { EngineContext } from '../../engine/context.ts';
import { invalidArgument } from '../../base/errors.ts';
import type { CreateRequest } from '../../engine/containers/create-request.ts';
import { formatPlatform } from '../../oci/platform.ts';
import { parsePlatform } from '../images/parse-platform.ts';
import type { Route } from '../route.ts';
import { clientOlderThan } from '../wire/client-version.ts';
import { toCreateRequest } from '../wire/container-create.ts';

export const createRoute = (engine: EngineContext): Route => ({
  method: 'POST',
  path: '/containers/create',
  handle: async (request) => {
    const platform = parsePlatform(request.query.get('platform'));
    const query = {
      name: request.query.get('name'),
      platform: platform ? formatPlatform(platform) : null,
    };
    const wanted = toCreateRequest(query, await request.json());
    if (clientOlderThan(request.raw, '1.44')) refuseSeveralNetworks(wanted);
    const { container, warnings } = await createContainer(engine, wanted);
    return { status: 201, body: { Id: container.id, Warnings: warnings } };
  },
});

function refuseSeveralNetworks({ networks }: CreateRequest): void {
  const names = Object.keys(networks);
  if (names.length > 1)
    throw invalidArgument(`Container cannot be connected to network endpoints: ${names.join(', ')}`);
}
