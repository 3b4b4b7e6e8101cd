import type { Readable } from 'node:stream';
import type { NewAttributes } from '../../layer/archive/messages.ts';
import type { FilesContext } from '../files/files-context.ts';
import type { VolumePath } from './change-volume.ts';
import { inVolume, namingPath } from './in-volume.ts';
import { volumePath } from './volume-path.ts';

export interface WriteRequest extends VolumePath {
  source: Readable;
  /** For a file that is not there yet; null where it must be. */
  create: NewAttributes | null;
  signal: AbortSignal;
}

/**
 * Replaces a file's content as a whole, or makes a new file. When the source breaks off everything is as before.
 * @throws not-found; invalid-argument for what is no regular file; forbidden where nothing may be written
 */
export async function writeVolumeFile(
  files: FilesContext,
  { volume, path, source, create, signal }: WriteRequest,
): Promise<void> {
  const task = { kind: 'write', path: volumePath(path), create } as const;
  const { close } = await inVolume(files, volume, (view) =>
    namingPath(files.archives.extract(view, task, source, signal).done, volume, path),
  );
  await close();
}
