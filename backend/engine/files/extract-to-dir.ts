import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import type { ExtractTask } from '../../layer/archive/messages.ts';
import { resolveUser } from '../../runtime/spec/resolve-user.ts';
import type { Container } from '../containers/container.ts';
import { emitContainer } from '../containers/container-events.ts';
import { naming, type PathRequest } from './archive-path.ts';
import type { FilesContext } from './files-context.ts';
import { inView } from './in-view.ts';
import { plainArchive } from './plain-archive.ts';

export interface ExtractRequest extends PathRequest {
  noOverwriteDirNonDir: boolean;
  /** Everything shall belong to the container's user, where it has one. */
  copyUIDGID: boolean;
  source: Readable;
  signal: AbortSignal;
}

/**
 * Extracts an archive to a directory of a container.
 * @throws not-found; forbidden where nothing may be written; invalid-argument for what is wrong with the archive
 */
export async function extractToDir(files: FilesContext, request: ExtractRequest): Promise<void> {
  const { engine, archives } = files;
  const container = engine.containers.resolve(request.reference);
  const task = await extractTask(files, container, request);
  using archive = plainArchive(request.source, request.signal);
  const { result, close } = await inView(files, container, 'whole', async (view) => {
    const job = archives.extract(view, task, archive.content, request.signal);
    await naming(job.opened, request);
    return job;
  });
  try {
    await result.done;
  } finally {
    await close();
  }
  emitContainer(engine, 'extract-to-dir', container);
}

async function extractTask(
  files: FilesContext,
  container: Container,
  { path, noOverwriteDirNonDir, copyUIDGID }: ExtractRequest,
): Promise<ExtractTask> {
  const { hostConfig, mountPoints, idMapping } = container;
  return {
    kind: 'extract',
    path: posix.normalize(`/${path}`),
    mapping: idMapping,
    noOverwriteDirNonDir,
    owner: copyUIDGID && container.config.user !== '' ? await ownerOf(files, container) : null,
    readOnlyRootfs: hostConfig.readonlyRootfs,
    mounts: mountPoints.map(({ destination, readOnly }) => ({ destination, readOnly })),
  };
}

/** By the container's own passwd file, which only its mounted root file system has. */
async function ownerOf(files: FilesContext, container: Container): Promise<{ uid: number; gid: number }> {
  const { result, close } = await inView(files, container, 'rootfs', async (view) =>
    resolveUser(view.kind === 'directory' ? view.path : '/', container.config.user),
  );
  await close();
  return { uid: result.uid, gid: result.gid };
}
