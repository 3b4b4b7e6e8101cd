import { messageOf } from '../../base/errors.ts';
import type { VolumeHold } from '../../volume/volumes.ts';
import type { EngineContext } from '../context.ts';
import type { Container, MountPoint } from './container.ts';

type Context = Pick<EngineContext, 'volumes' | 'events'>;

/**
 * A container is about to run, or its files to be looked at: its volumes are mounted, where they are not plain
 * directories, and cannot be removed.
 */
export async function holdVolumes(
  context: Context,
  container: Container,
  holder: string = container.id,
): Promise<void> {
  for (const point of container.mountPoints) {
    if (point.type !== 'volume' || point.name === null) continue;
    const isNew = await context.volumes.hold({ name: point.name, holder });
    if (!isNew) continue;
    context.events.emit('volume', 'mount', point.name, {
      ...common(container),
      destination: point.destination,
      'read/write': String(!point.readOnly),
      propagation: point.propagation,
    });
  }
}

/** Idempotent; goes on after a failure, as the next start of the daemon unmounts what nobody uses. */
export async function releaseVolumes(
  context: Context & Pick<EngineContext, 'logger'>,
  container: Container,
  holder: string = container.id,
): Promise<void> {
  for (const name of volumeNames(container)) {
    try {
      const held = await context.volumes.release({ name, holder });
      if (held) context.events.emit('volume', 'unmount', name, common(container));
    } catch (error) {
      context.logger.warn({ volume: name, error: messageOf(error) }, 'cannot unmount a volume');
    }
  }
}

/** What this container may still be using, by its record. */
export function heldVolumes(container: Container): VolumeHold[] {
  if (container.monitored === null) return [];
  return volumeNames(container).map((name) => ({ name, holder: container.id }));
}

function volumeNames({ mountPoints }: { mountPoints: readonly MountPoint[] }): string[] {
  return [
    ...new Set(mountPoints.flatMap(({ type, name }) => (type === 'volume' && name !== null ? [name] : []))),
  ];
}

function common({ id }: Container): Record<string, string> {
  return { container: id, driver: 'local' };
}
