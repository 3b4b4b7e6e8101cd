import { chmodSync, existsSync, mkdirSync, readdirSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno, messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { removeTree } from '../linux/remove-tree.ts';
import type { Layout } from '../store/layout.ts';
import { publishCopy } from './publish-copy.ts';
import { unmountVolume } from './volume-mounts.ts';
import { TMP_PREFIX, volumePaths, type VolumePaths } from './volume-paths.ts';
import { ANONYMOUS_NAME, type VolumeTable } from './volume-records.ts';

/** At the daemon's start: finishes what an earlier one was doing, and brings records and directories together. */
export function settleVolumes(layout: Layout, table: VolumeTable, logger: Logger): void {
  // Everybody may pass through, as a container's user must reach its volume; nobody may list.
  mkdirSync(layout.volumes, { recursive: true });
  chmodSync(layout.volumes, 0o711);
  sweepTmp(layout, logger);
  for (const volume of table.all()) if (volume.removing) finishRemoval(layout, table, volume.name);
  for (const name of readdirSync(layout.volumes)) {
    const paths = volumePaths(layout, name);
    rmSync(paths.copy, { recursive: true, force: true });
    publishCopy(paths);
    if (!table.get(name)) settleUnrecorded(paths, name, table, logger);
  }
}

/**
 * Deletes what was staged, or was being deleted, when the daemon died. Which names that are is settled at once; the
 * deletion takes as long as there are files, and nobody waits for it.
 */
function sweepTmp({ tmp }: Layout, logger: Logger): void {
  if (!existsSync(tmp)) return;
  for (const name of readdirSync(tmp).filter((left) => left.startsWith(TMP_PREFIX)))
    removeTree(join(tmp, name)).catch((error: unknown) => {
      logger.warn({ name, error: messageOf(error) }, 'cannot delete what was left of a volume');
    });
}

function finishRemoval(layout: Layout, table: VolumeTable, name: string): void {
  unmountVolume(volumePaths(layout, name).data);
  rmSync(layout.volume(name), { recursive: true, force: true });
  table.delete(name);
}

/** A volume whose making was cut short is empty and goes. One that holds data is its user's, whatever happened to the record. */
function settleUnrecorded(paths: VolumePaths, name: string, table: VolumeTable, logger: Logger): void {
  if (removedEmpty(paths.data) && removedEmpty(paths.root)) return;
  const createdAt = statSync(paths.root).birthtime.toISOString();
  const anonymous = ANONYMOUS_NAME.test(name);
  table.put(name, { name, createdAt, labels: {}, options: {}, anonymous, removing: false });
  logger.warn({ volume: name }, 'found a volume without a record and kept it');
}

function removedEmpty(directory: string): boolean {
  try {
    rmdirSync(directory);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return true;
    if (isErrno(error, 'ENOTEMPTY') || isErrno(error, 'ENOTDIR')) return false;
    throw error;
  }
}
