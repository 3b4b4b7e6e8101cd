import { join } from 'node:path';
import { hexOf, type Digest } from '../oci/digest.ts';

/**
 * Where everything lies on disk. This file is the only one that joins these names.
 *
 *   <data>/strata.db                records (SQLite, WAL)
 *   <data>/engine-id                the name of this engine, made at its first start
 *   <data>/lock                     held by the daemon that owns this data root
 *   <data>/blobs/sha256/<hex>       manifests, configs and compressed layers, as the registry sent them
 *   <data>/layers/<diffID>/         a layer unpacked: fs/ (directory driver), index (layer index), meta.json
 *   <data>/stacks/<chainID>/        what a stack of layers needs beyond its layers (fix-up directory)
 *   <data>/containers/<id>/         upper/ work/ (writable layer), logs, hostname, hosts, resolv.conf
 *   <data>/volumes/<name>/_data     named and anonymous volumes
 *   <data>/tmp/                     things in the making, on the same file system; emptied at start
 *   <run>/containers/<id>/          rootfs/ (mount point), bundle, pid files, attach sockets
 *   <run>/shm/<id>                  memory that a running container shares with others
 *   <run>/staging/                  mounts on their way into a container; nothing in it outlives a start
 */
export interface Layout {
  readonly dataRoot: string;
  readonly runRoot: string;
  readonly database: string;
  readonly lockFile: string;
  readonly engineId: string;
  readonly blobs: string;
  readonly layers: string;
  readonly stacks: string;
  readonly containers: string;
  readonly volumes: string;
  readonly tmp: string;
  readonly runContainers: string;
  readonly staging: string;
  blob(digest: Digest): string;
  layer(diffId: Digest): string;
  stack(chainId: Digest): string;
  container(id: string): string;
  runContainer(id: string): string;
  sharedMemory(id: string): string;
  volume(name: string): string;
}

export function createLayout(dataRoot: string, runRoot: string): Layout {
  const blobs = join(dataRoot, 'blobs', 'sha256');
  const layers = join(dataRoot, 'layers');
  const stacks = join(dataRoot, 'stacks');
  const containers = join(dataRoot, 'containers');
  const volumes = join(dataRoot, 'volumes');
  const runContainers = join(runRoot, 'containers');
  return {
    dataRoot,
    runRoot,
    database: join(dataRoot, 'strata.db'),
    lockFile: join(dataRoot, 'lock'),
    engineId: join(dataRoot, 'engine-id'),
    blobs,
    layers,
    stacks,
    containers,
    volumes,
    tmp: join(dataRoot, 'tmp'),
    runContainers,
    staging: join(runRoot, 'staging'),
    blob: (digest) => join(blobs, hexOf(digest)),
    layer: (diffId) => join(layers, hexOf(diffId)),
    stack: (chainId) => join(stacks, hexOf(chainId)),
    container: (id) => join(containers, id),
    runContainer: (id) => join(runContainers, id),
    sharedMemory: (id) => join(runRoot, 'shm', id),
    volume: (name) => join(volumes, name),
  };
}
