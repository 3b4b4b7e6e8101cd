import { mkdir, rm } from 'node:fs/promises';
import { CleanupStack } from '../../base/cleanup-stack.ts';
import { codeOf, notFound } from '../../base/errors.ts';
import { newContainerId } from '../../base/ids.ts';
import type { Image } from '../../image/image-store.ts';
import type { EngineContext } from '../context.ts';
import { chooseMapping } from '../userns/choose-mapping.ts';
import { checkRequest } from './check-request.ts';
import { collectMounts } from './collect-mounts.ts';
import { completeHostConfig } from './complete-host-config.ts';
import type { Container, ContainerState } from './container.ts';
import { checkedName } from './container-name.ts';
import { emitContainer } from './container-events.ts';
import type { CreateRequest } from './create-request.ts';
import { fillVolumes } from './fill-volumes.ts';
import { holdMountedImages } from './image-mounts.ts';
import { makeWorkingDirectory } from './make-working-directory.ts';
import { mergeConfig } from './merge-config.ts';
import { checkImagePlatform } from './image-platform.ts';
import { randomName } from './random-name.ts';
import { resolveMounts } from './resolve-mounts.ts';
import { resolveNetworks } from './resolve-networks.ts';

export interface Created {
  container: Container;
  /** What the user asked for and does not get, in Docker's words. */
  warnings: string[];
}

/**
 * Makes a container that is ready to start: its writable layer, its volumes, its record. All that can be refused is
 * refused before anything is made.
 * @throws not-found for the image, conflict for the name, invalid-argument for what cannot be run
 */
export async function createContainer(context: EngineContext, request: CreateRequest): Promise<Created> {
  const id = newContainerId();
  const name = checkName(context, request.name);
  // Until the container's own record holds the layers, these do.
  using leases = new DisposableStack();
  const image = await findImage(context, request.config.image, leases);
  const platformWarnings = checkImagePlatform(image.config, request);
  const { networkMode, networks } = resolveNetworks(context, request);
  const completed = completeHostConfig(context, { ...request.hostConfig, networkMode });
  const { hostConfig } = completed;
  const config = mergeConfig(id, image.config, request);
  const mounts = collectMounts(context, config, hostConfig);
  checkRequest(context, config, hostConfig);
  const images = await holdMountedImages(context, mounts.requests, leases);
  using ids = await chooseMapping(context, hostConfig);
  const idMapping = ids?.mapping ?? null;

  await using undo = new CleanupStack();
  const target = { id, idMapping, images, undo: (step: () => Promise<void>) => undo.defer(step) };
  const mountPoints = await resolveMounts(context, mounts, target);
  const directory = context.layout.container(id);
  undo.defer(() => rm(directory, { recursive: true, force: true }));
  await mkdir(directory, { recursive: true, mode: 0o710 });
  undo.defer(() => context.snapshotter.remove(id));
  await context.snapshotter.prepare(id, image.diffIds, idMapping);
  await makeWorkingDirectory(context, { id, config, idMapping });

  const container: Container = {
    id,
    name,
    created: new Date().toISOString(),
    imageId: image.id,
    diffIds: [...image.diffIds],
    config,
    hostConfig,
    mountPoints,
    state: newState(),
    networks,
    sandbox: null,
    idMapping,
    monitored: null,
    bootId: '',
  };
  await fillVolumes(context, container);
  context.containers.add(container);
  undo.release();
  emitContainer(context, 'create', container);
  return { container, warnings: [...platformWarnings, ...completed.warnings] };
}

function newState(): ContainerState {
  return {
    status: 'created',
    pid: 0,
    exitCode: 0,
    error: '',
    oomKilled: false,
    startedAt: '',
    finishedAt: '',
    restartCount: 0,
    removesVolumes: false,
    stoppedByUser: false,
    health: null,
  };
}

function checkName({ containers }: EngineContext, name: string | null): string {
  if (name === null || name === '') return randomName((taken) => containers.hasName(taken));
  const plain = checkedName(name);
  containers.checkName(plain);
  return plain;
}

async function findImage(context: EngineContext, name: string, leases: DisposableStack): Promise<Image> {
  try {
    const { image, lease } = await context.holdImage(name);
    leases.use(lease);
    return image;
  } catch (error) {
    if (codeOf(error) !== 'not-found') throw error;
    // `docker run` pulls when it reads exactly this.
    throw notFound(
      `No such image: ${name.includes(':') || name.includes('@') ? name : `${name}:latest`}`,
      error,
    );
  }
}
