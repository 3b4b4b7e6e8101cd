import { conflict, messageOf } from '../../base/errors.ts';
import type { VolumeRecord } from '../../volume/volumes.ts';
import type { EngineContext } from '../context.ts';
import { removeVolume } from './remove-volume.ts';
import { volumeUsers } from './volume-users.ts';

type Context = Pick<EngineContext, 'volumes' | 'containers' | 'events' | 'logger'>;

/** Two at once would count the same bytes twice. */
const pruning = new WeakSet<object>();

/**
 * Removes the volumes that fit and that no container has. What is mounted from somewhere else stays: it would free
 * nothing here.
 * @throws conflict while another prune is under way
 */
export async function pruneVolumes(
  context: Context,
  fits: (volume: VolumeRecord) => boolean,
  signal: AbortSignal,
): Promise<{ names: string[]; bytes: number }> {
  const { volumes, events } = context;
  if (pruning.has(volumes)) throw conflict('a prune operation is already running');
  pruning.add(volumes);
  try {
    const report = { names: [] as string[], bytes: 0 };
    for (const volume of volumes.list()) {
      if (signal.aborted) break;
      if (!prunable(context, volume) || !fits(volume)) continue;
      report.bytes += await pruneOne(context, volume, report.names);
    }
    events.emit('volume', 'prune', '', { reclaimed: String(report.bytes) });
    return report;
  } finally {
    pruning.delete(volumes);
  }
}

function prunable(context: Context, { name, options }: VolumeRecord): boolean {
  return Object.keys(options).length === 0 && volumeUsers(context, name).length === 0;
}

/** @returns the bytes that are free now */
async function pruneOne(context: Context, { name }: VolumeRecord, names: string[]): Promise<number> {
  try {
    const bytes = await context.volumes.usage(name);
    await removeVolume(context, name, { force: false });
    names.push(name);
    return bytes;
  } catch (error) {
    context.logger.warn({ volume: name, error: messageOf(error) }, 'cannot prune a volume');
    return 0;
  }
}
