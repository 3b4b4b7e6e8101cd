import type { StrataVolume } from '../../backend/api/wire/strata-volumes.ts';
import type { ContainerSummary } from '../client/shapes/containers.ts';
import type { ImageSummary } from '../client/shapes/images.ts';
import type { EngineEvent } from '../client/shapes/system.ts';

/** What the views show of one engine. Values are replaced, never changed in place. */
export interface EngineState {
  readonly containers: readonly ContainerSummary[];
  readonly images: readonly ImageSummary[];
  /** Without their sizes, which cost a walk through all files. */
  readonly volumes: readonly StrataVolume[];
}

export const emptyState: EngineState = { containers: [], images: [], volumes: [] };

/** What an event makes out of date. An event names the thing but does not carry its new state. */
export type Stale =
  | { kind: 'container'; id: string }
  | { kind: 'container-gone'; id: string }
  | { kind: 'images' }
  | { kind: 'volumes' };

const containerActions = new Set([
  'create',
  'start',
  'die',
  'stop',
  'kill',
  'restart',
  'pause',
  'unpause',
  'rename',
  'update',
  'oom',
  'health_status',
]);
/** Those by which the users of volumes change, their names and whether they run. */
const userActions = new Set(['create', 'start', 'die', 'destroy', 'rename']);
const volumeActions = new Set(['create', 'destroy', 'prune']);
const imageActions = new Set(['pull', 'tag', 'untag', 'delete', 'import', 'load', 'prune']);

export function staleAfter(event: EngineEvent): Stale | undefined {
  // `exec_start: sh` and `health_status: healthy` carry a detail behind the colon.
  const action = event.Action.split(':', 1)[0] ?? '';
  if (event.Type === 'container') {
    if (action === 'destroy') return { kind: 'container-gone', id: event.Actor.ID };
    return containerActions.has(action) ? { kind: 'container', id: event.Actor.ID } : undefined;
  }
  if (event.Type === 'image') return imageActions.has(action) ? { kind: 'images' } : undefined;
  if (event.Type === 'volume') return volumeActions.has(event.Action) ? { kind: 'volumes' } : undefined;
  return undefined;
}

/** Whether volumes may have other users now. */
export function changesUsers(event: EngineEvent): boolean {
  return event.Type === 'container' && userActions.has(event.Action);
}

/** The state with one container as it is now; undefined where it is gone. */
export function withContainer(
  state: EngineState,
  id: string,
  container: ContainerSummary | undefined,
): EngineState {
  const others = state.containers.filter((known) => known.Id !== id);
  return { ...state, containers: container === undefined ? others : [...others, container] };
}

/** Running ones first, the youngest first among equals: the order of the view. */
export function sortedContainers(state: EngineState): ContainerSummary[] {
  const rank = (container: ContainerSummary) => (isUp(container) ? 0 : 1);
  return Array.from(state.containers).sort(
    (a, b) => rank(a) - rank(b) || b.Created - a.Created || a.Id.localeCompare(b.Id),
  );
}

/** Whether processes of it exist, so that it can be stopped. */
export function isUp(container: ContainerSummary): boolean {
  return container.State === 'running' || container.State === 'paused' || container.State === 'restarting';
}
