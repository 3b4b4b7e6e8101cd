import type { EngineContext } from '../context.ts';

/** Ids of the containers that have a volume among their mounts, running or not. */
export function volumeUsers({ containers }: Pick<EngineContext, 'containers'>, name: string): string[] {
  return containers
    .all()
    .filter(({ mountPoints }) => mountPoints.some((point) => point.type === 'volume' && point.name === name))
    .map(({ id }) => id);
}
