import type { Readable } from 'node:stream';
import { emitContainer } from '../containers/container-events.ts';
import type { FilesContext } from './files-context.ts';
import { inView } from './in-view.ts';
import { whole } from './whole-stream.ts';

/** A container's whole root file system as an archive, without what is mounted in it. */
export async function exportContainer(files: FilesContext, reference: string): Promise<Readable> {
  const container = files.engine.containers.resolve(reference);
  const { result, close } = await inView(files, container, 'rootfs', async (view) => {
    const { opened, content } = files.archives.read(view, { kind: 'export', mapping: container.idMapping });
    await opened;
    return content;
  });
  result.once('close', () => void close());
  emitContainer(files.engine, 'export', container);
  return whole(files, container, result);
}
