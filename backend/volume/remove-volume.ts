import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '../base/errors.ts';
import type { Layout } from '../store/layout.ts';
import { unmountVolume } from './volume-mounts.ts';
import { TMP_PREFIX, volumePaths } from './volume-paths.ts';
import type { StoredVolume, VolumeTable } from './volume-records.ts';

/**
 * Removes a volume with all that it holds. A crash leaves a record marked as being removed, or files in the
 * directory that is emptied at every start.
 */
export async function removeVolume(layout: Layout, table: VolumeTable, volume: StoredVolume): Promise<void> {
  table.put(volume.name, { ...volume, removing: true });
  // What is mounted from somewhere else is not ours to delete.
  unmountVolume(volumePaths(layout, volume.name).data);
  const grave = join(layout.tmp, `${TMP_PREFIX}${randomBytes(8).toString('hex')}`);
  await mkdir(layout.tmp, { recursive: true });
  try {
    await rename(layout.volume(volume.name), grave);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
  table.delete(volume.name);
  await rm(grave, { recursive: true, force: true });
}
