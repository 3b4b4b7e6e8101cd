import type { ChangeTask, NewAttributes, PathStat } from '../../layer/archive/messages.ts';
import type { FilesContext } from '../files/files-context.ts';
import { inVolume, namingPath } from './in-volume.ts';
import { volumePath } from './volume-path.ts';

/** A path in a volume, as clients write it. */
export interface VolumePath {
  volume: string;
  path: string;
}

/** @throws not-found for its parent, conflict where something has the name */
export async function makeVolumeDirectory(
  files: FilesContext,
  where: VolumePath,
  attributes: NewAttributes,
): Promise<PathStat | null> {
  return change(files, where, { kind: 'change', verb: 'mkdir', path: volumePath(where.path), attributes });
}

/** @throws not-found; conflict for a directory that is not empty, unless it shall go with all that is in it */
export async function removeVolumePath(
  files: FilesContext,
  where: VolumePath,
  { recursive }: { recursive: boolean },
): Promise<void> {
  await change(files, where, { kind: 'change', verb: 'remove', path: volumePath(where.path), recursive });
}

/** @throws not-found; conflict where something has the new name, unless a file may give way */
export async function renameVolumePath(
  files: FilesContext,
  where: VolumePath,
  { to, overwrite }: { to: string; overwrite: boolean },
): Promise<PathStat | null> {
  const path = volumePath(where.path);
  return change(files, where, { kind: 'change', verb: 'rename', path, to: volumePath(to), overwrite });
}

async function change(
  files: FilesContext,
  { volume, path }: VolumePath,
  task: ChangeTask,
): Promise<PathStat | null> {
  const { result, close } = await inVolume(files, volume, async (view) => {
    const { opened, content } = files.archives.read(view, task);
    content.resume();
    return await namingPath(opened, volume, path);
  });
  await close();
  return result;
}
