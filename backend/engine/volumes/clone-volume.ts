import type { Readable } from 'node:stream';
import type { CloneProgress } from '../../layer/archive/messages.ts';
import type { VolumeRecord } from '../../volume/volumes.ts';
import type { FilesContext } from '../files/files-context.ts';
import { inVolume } from './in-volume.ts';

export interface CloneVolumeRequest {
  volume: string;
  /** Of the new volume. */
  name: string;
  labels: Record<string, string>;
  signal: AbortSignal;
  /** Told of bytes that were copied since it was told last. */
  onBytes: (bytes: number) => void;
}

/**
 * Makes a new volume with the content of another one, which is there as a whole or not at all. What containers write
 * meanwhile may be in it or not. Of the other's driver options it has none: it is a plain one.
 * @throws not-found; invalid-argument for a bad name, conflict for a known one
 */
export async function cloneVolume(
  files: FilesContext,
  { volume, name, labels, signal, onBytes }: CloneVolumeRequest,
): Promise<VolumeRecord> {
  const { volumes } = files.engine;
  const { result, close } = await inVolume(files, volume, async (view) => {
    await using staged = await volumes.stageNew(name);
    const { content, closed } = files.archives.read(view, { kind: 'clone', target: staged.path });
    try {
      await follow(content, signal, onBytes);
    } finally {
      // Before what is staged is deleted: the copy must not go on in it.
      await closed;
    }
    // Awaited here, or what is staged would be deleted while it moves.
    return await volumes.adopt({ name, labels }, staged);
  });
  await close();
  return result;
}

async function follow(
  content: Readable,
  signal: AbortSignal,
  onBytes: CloneVolumeRequest['onBytes'],
): Promise<void> {
  const giveUp = (): void => void content.destroy();
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    signal.throwIfAborted();
    let known = 0;
    let rest = '';
    for await (const chunk of content as AsyncIterable<Buffer>) {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      const last = lines.at(-1);
      if (last === undefined) continue;
      const { bytes } = JSON.parse(last) as CloneProgress;
      onBytes(bytes - known);
      known = bytes;
    }
    signal.throwIfAborted();
  } finally {
    signal.removeEventListener('abort', giveUp);
    content.destroy();
  }
}
