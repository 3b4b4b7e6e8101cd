import { notFound, notImplemented, unavailable } from '../../base/errors.ts';
import type { Route } from '../route.ts';

type Method = Route['method'];

/**
 * Kinds of object that this version does not manage yet. `docker inspect NAME` asks for one kind after the other
 * and stops at anything but 404: a look-up answers 404, a list is empty, and only a change says 501.
 */
export function absentKinds(): Route[] {
  return [
    reply('GET', '/plugins', () => []),
    lookUp('/plugins/:id/json', 'plugin'),
    ...missing('managing plugins', [
      ['POST', '/plugins/*rest'],
      ['DELETE', '/plugins/:id'],
    ]),
    ...SWARM_KINDS.flatMap((kind) => swarmOnly(kind)),
    ...missing('this part of the system API', [
      ['POST', '/session'],
      ['POST', '/grpc'],
    ]),
  ];
}

const SWARM_KINDS = ['swarm', 'nodes', 'services', 'tasks', 'secrets', 'configs'];

function reply(method: Method, path: string, body: (params: { id: string }) => unknown): Route {
  return {
    method,
    path,
    handle: async ({ params }) => ({ status: 200, body: body({ id: params['id'] ?? '' }) }),
  };
}

function lookUp(path: string, kind: string): Route {
  return {
    method: 'GET',
    path,
    handle: async ({ params }) => Promise.reject(notFound(`No such ${kind}: ${params['id'] ?? ''}`)),
  };
}

function missing(what: string, routes: [Method, string][]): Route[] {
  return routes.map(([method, path]) => ({
    method,
    path,
    handle: async () =>
      Promise.reject(
        notImplemented(`${what} is not supported by this version of stratad (${method} ${path})`),
      ),
  }));
}

/** What a plain Docker Engine says. */
function swarmOnly(kind: string): Route[] {
  const refuse = async (): Promise<never> =>
    Promise.reject(
      unavailable('This node is not a swarm manager. Strata is a single engine and does not support swarm.'),
    );
  return (['GET', 'POST', 'DELETE'] as const).flatMap((method) => [
    { method, path: `/${kind}`, handle: refuse },
    { method, path: `/${kind}/*rest`, handle: refuse },
  ]);
}
