import type { VolumeRecord } from '../../volume/volumes.ts';
import { isUp } from '../containers/status.ts';
import type { EngineContext } from '../context.ts';

interface VolumeUser {
  id: string;
  name: string;
  running: boolean;
  destination: string;
  readOnly: boolean;
}

export interface DescribedVolume {
  volume: VolumeRecord;
  users: VolumeUser[];
  size: number | null;
}

type Context = Pick<EngineContext, 'volumes' | 'containers'>;

/** @param options.size costs a walk through all of its files. @throws not-found */
export async function describeVolume(
  context: Context,
  name: string,
  { size }: { size: boolean },
): Promise<DescribedVolume> {
  const volume = context.volumes.get(name);
  const measured = size && Object.keys(volume.options).length === 0;
  return {
    volume,
    users: usersOf(context, name),
    size: measured ? await context.volumes.usage(name) : null,
  };
}

function usersOf({ containers }: Context, volume: string): VolumeUser[] {
  return containers.all().flatMap((container) =>
    container.mountPoints
      .filter(({ type, name }) => type === 'volume' && name === volume)
      .map(({ destination, readOnly }) => ({
        id: container.id,
        name: container.name,
        running: isUp(container),
        destination,
        readOnly,
      })),
  );
}
