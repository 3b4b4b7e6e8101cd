import { killContainer } from '../../engine/containers/kill.ts';
import { pauseContainer } from '../../engine/containers/pause.ts';
import { removeContainer } from '../../engine/containers/remove.ts';
import { removeLink } from '../../engine/containers/remove-link.ts';
import { renameContainer } from '../../engine/containers/rename.ts';
import { resizeContainer } from '../../engine/containers/resize.ts';
import { restartContainer } from '../../engine/containers/restart.ts';
import { startContainer } from '../../engine/containers/start.ts';
import { stopContainer, type StopOptions } from '../../engine/containers/stop.ts';
import { topContainer } from '../../engine/containers/top.ts';
import { unpauseContainer } from '../../engine/containers/unpause.ts';
import type { EngineContext } from '../../engine/context.ts';
import type { ApiRequest, Reply, Route } from '../route.ts';
import { flag, terminalSize, wholeNumber } from '../wire/query.ts';

const DONE: Reply = { status: 204 };

/** The verbs that answer with nothing but success. */
export const changeStateRoutes = (engine: EngineContext): Route[] => [
  verb('start', (id) => startContainer(engine, id)),
  verb('stop', (id, request) => stopContainer(engine, id, stopOptions(request))),
  verb('restart', (id, request) => restartContainer(engine, id, stopOptions(request))),
  verb('kill', (id, { query }) => killContainer(engine, id, query.get('signal') ?? '')),
  verb('pause', (id) => pauseContainer(engine, id)),
  verb('unpause', (id) => unpauseContainer(engine, id)),
  verb('rename', (id, { query }) => renameContainer(engine, id, query.get('name') ?? '')),
  {
    ...verb('resize', (id, { query }) => {
      const { rows, columns } = terminalSize(query);
      return resizeContainer(engine, id, rows, columns);
    }),
  },
  removeRoute(engine),
  topRoute(engine),
];

function verb(name: string, act: (id: string, request: ApiRequest) => Promise<void>): Route {
  return {
    method: 'POST',
    path: `/containers/:id/${name}`,
    handle: async (request) => {
      await act(request.params['id'] ?? '', request);
      return name === 'resize' ? { status: 200 } : DONE;
    },
  };
}

function stopOptions({ query }: ApiRequest): StopOptions {
  return { signal: query.get('signal') || null, timeout: wholeNumber(query, 't') };
}

const removeRoute = (engine: EngineContext): Route => ({
  method: 'DELETE',
  // Links are named by their container: `web/db`.
  path: '/containers/*id',
  handle: async ({ params, query }) => {
    if (flag(query, 'link')) {
      await removeLink(engine, params['id'] ?? '');
      return DONE;
    }
    await removeContainer(engine, params['id'] ?? '', {
      force: flag(query, 'force'),
      volumes: flag(query, 'v'),
    });
    return DONE;
  },
});

const topRoute = (engine: EngineContext): Route => ({
  method: 'GET',
  path: '/containers/:id/top',
  handle: async ({ params, query }) => {
    const { titles, processes } = await topContainer(engine, params['id'] ?? '', query.get('ps_args') ?? '');
    return { status: 200, body: { Titles: titles, Processes: processes } };
  },
});
