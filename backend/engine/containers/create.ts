import { mkdir, rm } from 'node:fs/promises';
import { CleanupStack } from '../../base/cleanup-stack.ts';
import { codeOf, invalidArgument, notFound } from '../../base/errors.ts';
import { newContainerId } from '../../base/ids.ts';
import type { Image } from '../../image/image-store.ts';
import type { EngineContext } from '../context.ts';
import { chooseMapping } from '../userns/choose-mapping.ts';
import type { Container } from './container.ts';
import { checkedName } from './container-name.ts';
import { emitContainer } from './container-events.ts';
import type { CreateRequest } from './create-request.ts';
import { mergeConfig } from './merge-config.ts';
import { portMappings } from './port-mappings.ts';
import { randomName } from './random-name.ts';
import { resolveMounts } from './resolve-mounts.ts';
import { resolveNetworks } from './resolve-networks.ts';

/**
 * Makes a container that is ready to start: its writable layer, its volumes, its record.
 * @throws not-found for the image, conflict for the name, invalid-argument for what cannot be run
 */
export async function createContainer(context: EngineContext, request: CreateRequest): Promise<Container> {
  const id = newContainerId();
  const name = checkName(context, request.name);
  const { image, lease } = await findImage(context, request.config.image);
  // Until the container's own record holds the layers, the lease does.
  using _lease = lease;
  const config = mergeConfig(id, image.config, request);
  const { networkMode, networks } = resolveNetworks(context, request);
  const hostConfig = { ...request.hostConfig, networkMode };
  if (hostConfig.autoRemove && hostConfig.restartPolicy.name !== 'no')
    throw invalidArgument("can't create 'AutoRemove' container with restart policy");
  portMappings(config, hostConfig);
  using ids = await chooseMapping(context, hostConfig);
  const idMapping = ids?.mapping ?? null;

  await using undo = new CleanupStack();
  const mountPoints = await resolveMounts(context, config, hostConfig, (step) => undo.defer(step));
  const directory = context.layout.container(id);
  undo.defer(() => rm(directory, { recursive: true, force: true }));
  await mkdir(directory, { recursive: true, mode: 0o710 });
  undo.defer(() => context.snapshotter.remove(id));
  await context.snapshotter.prepare(id, image.diffIds, idMapping);

  const container: Container = {
    id,
    name,
    created: new Date().toISOString(),
    imageId: image.id,
    diffIds: [...image.diffIds],
    config,
    hostConfig,
    mountPoints,
    state: {
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
    },
    networks,
    sandbox: null,
    idMapping,
    monitored: null,
    bootId: '',
  };
  context.containers.add(container);
  undo.release();
  emitContainer(context, 'create', container);
  return container;
}

function checkName({ containers }: EngineContext, name: string | null): string {
  if (name === null || name === '') return randomName((taken) => containers.hasName(taken));
  const plain = checkedName(name);
  containers.checkName(plain);
  return plain;
}

async function findImage(context: EngineContext, name: string): Promise<{ image: Image; lease: Disposable }> {
  try {
    return await context.holdImage(name);
  } catch (error) {
    if (codeOf(error) !== 'not-found') throw error;
    // `docker run` pulls when it reads exactly this.
    throw notFound(
      `No such image: ${name.includes(':') || name.includes('@') ? name : `${name}:latest`}`,
      error,
    );
  }
}
