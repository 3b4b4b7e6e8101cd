import type { Container } from '../../engine/containers/container.ts';
import { countsAsRunning } from '../../engine/containers/status.ts';
import type { EngineContext } from '../../engine/context.ts';
import type { Route } from '../route.ts';
import { containerSummary } from '../wire/container-summary.ts';
import { flag, parseFilters, wholeNumber } from '../wire/query.ts';
import { containerSize, imageName } from './image-name.ts';
import { LIST_FILTERS, listMatcher } from './list-filters.ts';

export const listRoute = (engine: EngineContext): Route => ({
  method: 'GET',
  path: '/containers/json',
  handle: async ({ query }) => {
    const filters = parseFilters(query, LIST_FILTERS);
    const fits = listMatcher(engine, filters);
    const limit = wholeNumber(query, 'limit') ?? 0;
    const all = flag(query, 'all') || limit > 0 || filters.has('status');
    const matching = engine.containers
      .all()
      .filter((container) => (all || countsAsRunning(container)) && fits(container));
    const chosen = limit > 0 ? matching.slice(0, limit) : matching;
    const body = await Promise.all(
      chosen.map((container) => summarise(engine, container, flag(query, 'size'))),
    );
    return { status: 200, body };
  },
});

async function summarise(
  engine: EngineContext,
  container: Container,
  withSize: boolean,
): Promise<Record<string, unknown>> {
  const size = withSize ? await containerSize(engine, container) : null;
  return containerSummary(container, { image: imageName(engine, container), size, now: Date.now() });
}
