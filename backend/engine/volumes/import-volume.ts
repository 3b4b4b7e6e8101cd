import { Transform, type Readable } from 'node:stream';
import type { ExtractTask } from '../../layer/archive/messages.ts';
import type { FilesContext } from '../files/files-context.ts';
import { plainArchive } from '../files/plain-archive.ts';
import { inVolume } from './in-volume.ts';

export interface ImportVolumeRequest {
  volume: string;
  /** A tar archive, plain or compressed. */
  source: Readable;
  /** What the volume holds gives way. */
  replace: boolean;
  signal: AbortSignal;
  /** Told of every piece of the archive that was taken. */
  onBytes: (bytes: number) => void;
}

const TASK: ExtractTask = {
  kind: 'extract',
  path: '/',
  mapping: null,
  noOverwriteDirNonDir: false,
  owner: null,
  readOnlyRootfs: false,
  rootAttributes: true,
  mounts: [],
};

/**
 * Fills a volume from an archive. The content is made whole beside the volume first: until then the volume is as it
 * was, whatever happens.
 * @throws not-found; conflict for a volume that holds something; invalid-argument naming the entry of the archive
 */
export async function importVolume(
  files: FilesContext,
  { volume, source, replace, signal, onBytes }: ImportVolumeRequest,
): Promise<void> {
  const { volumes } = files.engine;
  const { close } = await inVolume(files, volume, async () => {
    await using staged = await volumes.stage(volume, { replace });
    const view = { kind: 'directory', path: staged.path } as const;
    using archive = plainArchive(counted(source, onBytes), signal);
    await files.archives.extract(view, TASK, archive.content, signal).done;
    signal.throwIfAborted();
    await volumes.publish(volume, staged, { replace });
  });
  await close();
}

/** The stream with its bytes counted. It breaks off with the original, and leaves it alone when it ends itself. */
function counted(original: Readable, onBytes: (bytes: number) => void): Readable {
  const counter = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      onBytes(chunk.length);
      done(null, chunk);
    },
  });
  const breakOff = (): void => {
    if (!original.readableEnded) counter.destroy();
  };
  original.once('close', breakOff).pipe(counter);
  if (original.destroyed) breakOff();
  return counter;
}
