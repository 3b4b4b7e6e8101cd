import type { EngineContext } from '../../engine/context.ts';
import type { Route } from '../route.ts';
import { changeStateRoutes } from './change-state.ts';
import { createRoute } from './create.ts';
import { inspectRoute } from './inspect.ts';
import { listRoute } from './list.ts';
import { pruneRoute } from './prune.ts';
import { updateRoute } from './update.ts';
import { logsRoute } from './logs.ts';
import { statsRoute } from './stats.ts';
import { waitRoute } from './wait.ts';

export const containerRoutes = (engine: EngineContext): Route[] => [
  listRoute(engine),
  createRoute(engine),
  inspectRoute(engine),
  logsRoute(engine),
  statsRoute(engine),
  waitRoute(engine),
  updateRoute(engine),
  pruneRoute(engine),
  ...changeStateRoutes(engine),
];
