import { conflict, messageOf, notFound } from '../../base/errors.ts';
import type { Image } from '../../image/image-store.ts';
import type { Digest } from '../../oci/digest.ts';
import type { ImageConfig } from '../../oci/image-config.ts';
import { OCI_MANIFEST } from '../../oci/media-types.ts';
import { familiarString, type Reference } from '../../oci/reference.ts';
import type { Container } from '../containers/container.ts';
import { emitContainer } from '../containers/container-events.ts';
import type { Lease } from '../images/leases.ts';
import { VERSION } from '../version.ts';
import { applyChanges, type RunConfig } from './apply-changes.ts';
import { containerLayers } from './container-changes.ts';
import type { FilesContext } from './files-context.ts';
import { fillRunConfig, runConfigOf } from './image-run-config.ts';
import { emitTag, recordImage, storeLayer, type Format } from './record-image.ts';
import { spoolLayer, type SpooledLayer } from './spool-layer.ts';
import { underLease } from './under-lease.ts';
import { pathsToLeaveOut } from './writable-changes.ts';

export interface CommitRequest {
  reference: string;
  /** The image's name; null for none. */
  name: Reference | null;
  comment: string;
  author: string;
  /** Freeze the processes meanwhile. */
  pause: boolean;
  changes: readonly string[];
  /** What the image's configuration shall have in place of the container's. */
  config: RunConfig;
  signal: AbortSignal;
}

/**
 * Makes an image of a container's writable layer on top of its image. The container is locked for as long as that
 * takes, so that it does not start, stop or go away in the middle.
 * @throws not-found; conflict for a container that is being removed; invalid-argument for a bad change
 */
export async function commitContainer(files: FilesContext, request: CommitRequest): Promise<Digest> {
  const { engine, images } = files;
  const container = engine.containers.resolve(request.reference);
  const runConfig = fillRunConfig(
    applyChanges(request.config, request.changes),
    runConfigOf(container.config),
  );
  return engine.locks.run(container.id, async () => {
    const parent = checkCommittable(files, container);
    await using layer = await whilePaused(files, container, request.pause, () =>
      archiveWritable(files, container, request.signal),
    );
    const id = await underLease(images, async (lease) => {
      await lease.hold([...parent.diffIds, ...parent.manifest.layers.map(({ digest }) => digest)]);
      // Removed by force meanwhile, it would not be held any more.
      checkCommittable(files, container);
      return recordCommit(files, { request, container, parent, runConfig, layer, lease });
    });
    images.emit({ type: 'image', action: 'create', id, attributes: { name: id } });
    emitTag(images, id, request.name);
    const imageRef = request.name ? familiarString(request.name) : '';
    emitContainer(engine, 'commit', container, { comment: request.comment, imageID: id, imageRef });
    return id;
  });
}

function checkCommittable({ engine, images }: FilesContext, container: Container): Image {
  const { id, state, imageId } = container;
  if (engine.containers.get(id) !== container) throw notFound(`No such container: ${id}`);
  if (state.status === 'dead') throw conflict(`You cannot commit container ${id} which is Dead`);
  if (state.status === 'removing') throw conflict(`You cannot commit container ${id} which is being removed`);
  const parent = images.images.get(imageId as Digest);
  if (!parent) throw notFound(`No such image: ${imageId}`);
  return parent;
}

/** A container that cannot be frozen is committed all the same, as by Docker. */
async function whilePaused<T>(
  { engine }: FilesContext,
  container: Container,
  wanted: boolean,
  work: () => Promise<T>,
): Promise<T> {
  if (!wanted || container.state.status !== 'running') return work();
  try {
    await engine.runtime.pause(container.id);
  } catch (error) {
    engine.logger.warn({ container: container.id, error: messageOf(error) }, 'cannot freeze for a commit');
    return work();
  }
  emitContainer(engine, 'pause', container);
  try {
    return await work();
  } finally {
    await engine.runtime.resume(container.id);
    emitContainer(engine, 'unpause', container);
  }
}

async function archiveWritable(
  files: FilesContext,
  container: Container,
  signal: AbortSignal,
): Promise<SpooledLayer> {
  const { engine, archives } = files;
  const stack = await containerLayers(files, container.id);
  const leaveOut = pathsToLeaveOut(await stack.indexes());
  const view = { kind: 'directory', path: engine.snapshotter.upper(container.id) } as const;
  const { content } = archives.read(view, { kind: 'layer', leaveOut, mapping: container.idMapping });
  try {
    return await spoolLayer(engine.layout.tmp, content, signal);
  } finally {
    content.destroy();
  }
}

interface Commit {
  request: CommitRequest;
  container: Container;
  parent: Image;
  runConfig: RunConfig;
  layer: SpooledLayer;
  lease: Lease;
}

async function recordCommit({ images }: FilesContext, commit: Commit): Promise<Digest> {
  const { request, container, parent, runConfig, layer, lease } = commit;
  const format: Format = parent.manifestDescriptor.mediaType === OCI_MANIFEST ? 'oci' : 'docker';
  const isEmpty = layer.length <= EMPTY_ARCHIVE;
  const layers = [...parent.manifest.layers];
  // As with Docker an image with nothing new has a line of history and no layer more.
  if (!isEmpty) layers.push(await storeLayer(images, layer, format, lease, request.signal));
  const created = new Date().toISOString();
  const config: ImageConfig = {
    ...parent.config,
    created,
    author: request.author,
    container: container.id,
    docker_version: VERSION,
    config: runConfig,
    rootfs: { type: 'layers', diff_ids: isEmpty ? [...parent.diffIds] : [...parent.diffIds, layer.diffId] },
    history: [
      ...(parent.config.history ?? []),
      {
        created,
        created_by: container.config.cmd.join(' '),
        ...(request.author ? { author: request.author } : {}),
        ...(request.comment ? { comment: request.comment } : {}),
        ...(isEmpty ? { empty_layer: true } : {}),
      },
    ],
  };
  return recordImage(images, { config, layers, format, reference: request.name }, lease);
}

/** Two blocks of zeros. */
const EMPTY_ARCHIVE = 1024;
