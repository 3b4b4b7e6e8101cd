import type { Readable } from 'node:stream';
import { codeOf, conflict, notFound } from '../../base/errors.ts';
import type { PathStat } from '../../layer/archive/messages.ts';
import { parseResourcePath } from '../../layer/archive/resource-path.ts';
import { emitContainer } from '../containers/container-events.ts';
import type { FilesContext } from './files-context.ts';
import { inView } from './in-view.ts';
import { whole } from './whole-stream.ts';

/** A path in a container, as it was asked for; bytes in a string of one character per byte. */
export interface PathRequest {
  reference: string;
  path: string;
}

/** @throws not-found in Docker's words; invalid-argument where a component of the path is no directory */
export async function statPath(files: FilesContext, { reference, path }: PathRequest): Promise<PathStat> {
  const container = files.engine.containers.resolve(reference);
  const task = { kind: 'stat', path: parseResourcePath(path) } as const;
  const { result, close } = await inView(files, container, 'whole', async (view) => {
    const { opened, content } = files.archives.read(view, task);
    content.resume();
    return present(await naming(opened, { reference, path }));
  });
  await close();
  return result;
}

/** An archive of what lies at a path, made while it is read; to destroy it ends the work. */
export async function archivePath(
  files: FilesContext,
  { reference, path }: PathRequest,
): Promise<{ stat: PathStat; content: Readable }> {
  const container = files.engine.containers.resolve(reference);
  const { idMapping: mapping } = container;
  const task = { kind: 'archive', path: parseResourcePath(path), mapping } as const;
  const { result, close } = await inView(files, container, 'whole', async (view) => {
    const { opened, content } = files.archives.read(view, task);
    return { stat: present(await naming(opened, { reference, path })), content };
  });
  result.content.once('close', () => void close());
  emitContainer(files.engine, 'archive-path', container);
  return { ...result, content: whole(files, container, result.content) };
}

/** Docker names the path and the container as the client did. */
export async function naming<T>(work: Promise<T>, { reference, path }: PathRequest): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (codeOf(error) !== 'not-found') throw error;
    const shown = Buffer.from(path, 'latin1').toString();
    throw notFound(`Could not find the file ${shown} in container ${reference}`, error);
  }
}

function present(stat: PathStat | null): PathStat {
  if (!stat) throw conflict('the copy was cancelled');
  return stat;
}
