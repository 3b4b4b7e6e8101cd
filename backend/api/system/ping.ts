import type { Route } from '../route.ts';

/** What every client asks first. `Builder-Version: 1`: the classic builder, until /session and /grpc are there. */
export const pingRoutes = (): Route[] =>
  (['HEAD', 'GET'] as const).map((method) => ({
    method,
    path: '/_ping',
    handle: async () => ({
      status: 200,
      body: 'OK',
      headers: {
        'Builder-Version': '1',
        Swarm: 'inactive',
        'Cache-Control': 'no-cache, no-store, must-revalidate',
        Pragma: 'no-cache',
      },
    }),
  }));
