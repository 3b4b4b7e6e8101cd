import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { createApiServer } from './api/server/create-server.ts';
import { apiRoutes, hijackRoutes } from './api/routes.ts';
import { KeyedLock } from './base/keyed-lock.ts';
import type { Logger } from './base/logger.ts';
import { Semaphore } from './base/semaphore.ts';
import type { ServeOptions } from './cli/serve-options.ts';
import { ContainerSet } from './engine/containers/container-set.ts';
import { countsAsRunning } from './engine/containers/status.ts';
import { LiveContainers } from './engine/containers/live-container.ts';
import { recoverContainers } from './engine/containers/recover.ts';
import type { EngineContext } from './engine/context.ts';
import { EventLog } from './engine/events/event-log.ts';
import { ExecSet } from './engine/exec/exec-set.ts';
import { rotateLogs } from './engine/logs/log-rotation.ts';
import { collectGarbage } from './engine/images/collect-garbage.ts';
import { holdImage } from './engine/images/hold-image.ts';
import type { ImageContext } from './engine/images/image-context.ts';
import { imageEvents } from './engine/images/image-events.ts';
import { createLayerFetches } from './engine/images/layer-fetches.ts';
import { createLeases } from './engine/images/leases.ts';
import { IdRanges } from './engine/userns/id-ranges.ts';
import { readEngineId } from './engine/system/engine-id.ts';
import { createImageStore } from './image/sqlite-image-store.ts';
import { createArchiveWorkers } from './layer/archive/archive-workers.ts';
import { createDirectoryLayerStore, type DirectoryLayerStore } from './layer/directory-store.ts';
import { lockDataRoot } from './linux/file-lock.ts';
import { createNetworks } from './network/create-networks.ts';
import type { Digest } from './oci/digest.ts';
import { hostPlatform } from './oci/platform.ts';
import { createRegistryClient } from './registry/registry-client.ts';
import { createRuntime } from './runtime/create-runtime.ts';
import { createOverlaySnapshotter } from './snapshot/overlay-snapshotter.ts';
import { createBlobStore } from './store/blobs.ts';
import { createLayout, type Layout } from './store/layout.ts';
import { openRecords, type Records } from './store/records.ts';
import { createVolumes } from './volume/create-volumes.ts';
import type { VolumeListener } from './volume/volumes.ts';

const DOWNLOADS_AT_ONCE = 4;

export interface Daemon extends AsyncDisposable {
  server: Server;
}

/** The object graph, built by hand from left to right; returns when earlier containers are adopted. */
export async function createDaemon(options: ServeOptions, logger: Logger): Promise<Daemon> {
  const layout = makeDirectories(options);
  lockDataRoot(layout.lockFile);
  const records = openRecords(layout.database);
  const layers = await createDirectoryLayerStore({ layout, logger });
  const events = new EventLog();
  const containers = new ContainerSet(records);
  const parts = await kernelParts({ layout, records, layers, logger, events });
  const stacks = parts.snapshotter;
  const images = imageContext({ options, logger, layout, records, layers, stacks, events, containers });
  const shutdown = new AbortController();
  const engine: EngineContext = {
    layout,
    logger,
    images: images.images,
    holdImage: (name) => holdImage(images, name),
    containers,
    live: new LiveContainers(),
    execs: new ExecSet(),
    events,
    locks: new KeyedLock(),
    bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    defaultUlimits: options.defaultUlimits,
    init: options.init,
    userns: { default: options.userns, ranges: new IdRanges(() => containers.idMappings()) },
    shutdown: shutdown.signal,
    ...parts,
  };
  await recoverContainers(engine);
  rotateLogs(engine);
  await collectGarbage(images);
  const registries = { mirrors: options.registryMirrors, insecure: options.insecureRegistries };
  const archives = createArchiveWorkers();
  const files = { engine, images, archives, views: new Map<string, number>() };
  const engineId = readEngineId(layout.engineId);
  const dependencies = { engine, images, files, engineId, epoch: randomUUID(), registries };
  const server = createApiServer(apiRoutes(dependencies), hijackRoutes(engine), logger);
  return {
    server,
    [Symbol.asyncDispose]: async () => {
      shutdown.abort();
      engine.live.cancelRestarts();
      await engine.networks.close();
      await layers.close();
      await archives.close();
      images.registry[Symbol.dispose]();
      records[Symbol.dispose]();
    },
  };
}

/** What containers are made of. The parts probe the host, side by side. */
async function kernelParts({
  layout,
  records,
  layers,
  logger,
  events,
}: Pick<ImageParts, 'layout' | 'records' | 'layers' | 'logger' | 'events'>) {
  const [runtime, networks, snapshotter] = await Promise.all([
    createRuntime({ layout, logger }),
    createNetworks({ layout, records, logger }),
    createOverlaySnapshotter({ layout, layers, logger }),
  ]);
  return {
    runtime,
    networks,
    snapshotter,
    volumes: createVolumes({ layout, records, logger, tell: volumeEvents(events) }),
  };
}

function volumeEvents(events: EventLog): VolumeListener {
  return (action, { name, driver }) => events.emit('volume', action, name, { driver });
}

interface ImageParts {
  options: ServeOptions;
  logger: Logger;
  layout: Layout;
  records: Records;
  layers: DirectoryLayerStore;
  stacks: ImageContext['stacks'];
  events: EventLog;
  containers: ContainerSet;
}

function imageContext({
  options,
  logger,
  layout,
  records,
  layers,
  stacks,
  events,
  containers,
}: ImageParts): ImageContext {
  const images = createImageStore(records);
  return {
    images,
    layers,
    stacks,
    blobs: createBlobStore(layout),
    registry: createRegistryClient({
      mirrors: options.registryMirrors,
      insecure: options.insecureRegistries,
      logger,
    }),
    leases: createLeases(),
    fetches: createLayerFetches(),
    downloads: new Semaphore(DOWNLOADS_AT_ONCE),
    platform: hostPlatform(),
    logger,
    uses: () => containers.all().flatMap(toImageUses),
    emit: imageEvents(images, events),
  };
}

function makeDirectories({ dataRoot, runRoot }: ServeOptions): Layout {
  const layout = createLayout(dataRoot, runRoot);
  // What containers write belongs to strangers: nobody but root passes the data root.
  mkdirSync(dataRoot, { recursive: true, mode: 0o710 });
  mkdirSync(runRoot, { recursive: true, mode: 0o755 });
  for (const path of [
    layout.blobs,
    layout.layers,
    layout.stacks,
    layout.containers,
    layout.volumes,
    layout.tmp,
  ]) {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  }
  return layout;
}

/** The image that a container is made from, and those that it looks at as mounts. */
function toImageUses({ imageId, diffIds, id, state, mountPoints }: ReturnType<ContainerSet['all']>[number]) {
  const mounted = mountPoints.flatMap(({ image }) =>
    image ? [{ imageId: image.id, diffIds: image.diffIds }] : [],
  );
  return [{ imageId, diffIds }, ...mounted].map((use) => ({
    imageId: use.imageId as Digest,
    diffIds: use.diffIds as Digest[],
    containerId: id,
    running: countsAsRunning({ state }),
  }));
}
