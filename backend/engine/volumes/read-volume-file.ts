import type { Readable } from 'node:stream';
import { conflict } from '../../base/errors.ts';
import type { ByteRange, PathStat } from '../../layer/archive/messages.ts';
import type { FilesContext } from '../files/files-context.ts';
import { inVolume, namingPath } from './in-volume.ts';
import { volumePath } from './volume-path.ts';

export interface ReadRequest {
  volume: string;
  path: string;
  range: ByteRange | null;
}

/**
 * The content of a regular file, read as fast as it is taken; to destroy it ends the work.
 * @throws not-found; invalid-argument for what is no regular file
 */
export async function readVolumeFile(
  files: FilesContext,
  { volume, path, range }: ReadRequest,
): Promise<{ stat: PathStat; content: Readable }> {
  const task = { kind: 'read', path: volumePath(path), range } as const;
  const { result, close } = await inVolume(files, volume, async (view) => {
    const { opened, content } = files.archives.read(view, task);
    return { stat: await namingPath(opened, volume, path), content };
  });
  const { stat, content } = result;
  content.once('close', () => void close());
  if (!stat) throw conflict(`reading in volume ${volume} was cancelled`);
  return { stat, content };
}
