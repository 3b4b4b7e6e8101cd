import { invalidArgument } from '../../base/errors.ts';
import type { Container } from '../../engine/containers/container.ts';
import { pruneContainers } from '../../engine/containers/prune.ts';
import type { EngineContext } from '../../engine/context.ts';
import type { Route } from '../route.ts';
import { parseFilters, type Filters } from '../wire/query.ts';
import { parseTimestamp } from '../wire/timestamp.ts';
import { hasLabel } from './has-label.ts';

const FILTERS = ['until', 'label', 'label!'];

export const pruneRoute = (engine: EngineContext): Route => ({
  method: 'POST',
  path: '/containers/prune',
  handle: async ({ query }) => {
    const { removed, reclaimed } = await pruneContainers(engine, matcher(parseFilters(query, FILTERS)));
    return { status: 200, body: { ContainersDeleted: removed, SpaceReclaimed: reclaimed } };
  },
});

/** @throws invalid-argument for a time that is none, or several */
function matcher(filters: Filters): (container: Container) => boolean {
  const [until, second] = filters.get('until') ?? [];
  if (second !== undefined) throw invalidArgument('more than one until filter specified');
  const latest = until === undefined ? null : parseTimestamp(until);
  const wanted = filters.get('label') ?? [];
  const unwanted = filters.get('label!') ?? [];
  return ({ created, config }) =>
    (latest === null || BigInt(Date.parse(created)) * 1_000_000n <= latest) &&
    wanted.every((label) => hasLabel(config.labels, label)) &&
    !unwanted.some((label) => hasLabel(config.labels, label));
}
