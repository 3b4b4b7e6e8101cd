import { randomBytes } from 'node:crypto';
import { chmod, mkdir } from 'node:fs/promises';
import { notFound } from '../base/errors.ts';
import { KeyedLock } from '../base/keyed-lock.ts';
import type { Logger } from '../base/logger.ts';
import type { Layout } from '../store/layout.ts';
import type { Records } from '../store/records.ts';
import { copyUp } from './copy-up.ts';
import { removeVolume } from './remove-volume.ts';
import { settleVolumes } from './settle-volumes.ts';
import { volumePaths } from './volume-paths.ts';
import { checkVolumeName, openVolumeTable, type StoredVolume, type VolumeTable } from './volume-records.ts';
import type { VolumeRecord, Volumes } from './volumes.ts';

export interface VolumesDependencies {
  layout: Layout;
  records: Records;
  logger: Logger;
}

/** Settles first what an earlier daemon was doing when it ended. */
export function createVolumes({ layout, records, logger }: VolumesDependencies): Volumes {
  const table = openVolumeTable(records);
  settleVolumes(layout, table, logger);
  const locks = new KeyedLock();
  return {
    list: () => table.all().map((volume) => present(layout, volume)),
    get: (name) => present(layout, find(table, name)),
    ensure: async (name, labels = {}) => {
      if (name !== null) checkVolumeName(name);
      const certain = name ?? randomBytes(32).toString('hex');
      return locks.run(certain, () => ensure(layout, table, certain, { labels, anonymous: name === null }));
    },
    copyUp: (name, rootfs, pathInside) =>
      locks.run(name, () => {
        find(table, name);
        return copyUp(volumePaths(layout, name), rootfs, pathInside);
      }),
    remove: (name) => locks.run(name, () => removeVolume(layout, table, find(table, name))),
  };
}

async function ensure(
  layout: Layout,
  table: VolumeTable,
  name: string,
  attributes: { labels: Record<string, string>; anonymous: boolean },
): Promise<VolumeRecord> {
  const { root, data } = volumePaths(layout, name);
  // Also for a known one: its directory may have been deleted behind the daemon's back.
  await makeDirectory(root, 0o711);
  await makeDirectory(data, 0o755);
  const known = table.get(name);
  if (known) return present(layout, known);
  const volume = { name, createdAt: new Date().toISOString(), removing: false, ...attributes };
  table.put(name, volume);
  return present(layout, volume);
}

/** With exactly this mode: a daemon started under a strict umask would lock containers' users out. */
async function makeDirectory(path: string, mode: number): Promise<void> {
  if ((await mkdir(path, { recursive: true })) !== undefined) await chmod(path, mode);
}

function find(table: VolumeTable, name: string): StoredVolume {
  const volume = table.get(name);
  if (!volume) throw notFound(`volume ${name} not found`);
  return volume;
}

function present(layout: Layout, { name, createdAt, labels, anonymous }: StoredVolume): VolumeRecord {
  return { name, driver: 'local', mountpoint: volumePaths(layout, name).data, createdAt, labels, anonymous };
}
