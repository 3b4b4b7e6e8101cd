import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../base/errors.ts';
import type { Sandbox } from '../../network/networks.ts';
import type { EngineContext } from '../context.ts';
import type { Container } from './container.ts';
import { ownerOfSnapshot } from './image-mounts.ts';
import { heldVolumes } from './hold-volumes.ts';
import { releaseResources } from './release-resources.ts';
import { removeLocked } from './remove-locked.ts';
import { restartsWithDaemon } from './restart-policy.ts';
import { startHealthChecks } from './health/health-checks.ts';
import { toSandboxRecord } from './sandbox.ts';
import { isUp } from './status.ts';
import { LOST, markRunning, scheduleRestart, settleExit, watchExit } from './supervise.ts';

/**
 * What a started daemon does before it listens: finds the containers of an earlier one again by record,
 * disk and kernel, and finishes what that one was doing when it ended.
 */
export async function recoverContainers(context: EngineContext): Promise<void> {
  const { containers, networks, volumes, logger } = context;
  // First, so that no container gives up what another one that runs still uses.
  await volumes.recover(containers.all().flatMap(heldVolumes));
  for (const container of containers.all()) {
    try {
      await context.locks.run(container.id, () => recoverOne(context, container));
    } catch (error) {
      logger.error({ container: container.id, error: messageOf(error) }, 'cannot recover a container');
    }
  }
  const sandboxes = await networks.recover(
    containers.all().flatMap(({ id, sandbox }) => (sandbox ? [{ containerId: id, sandbox }] : [])),
  );
  for (const sandbox of sandboxes) noteLeftNetworks(context, sandbox);
  await removeStrays(context);
  // Only now: a start before this could take an address that is being given back.
  restartWithDaemon(context);
}

async function recoverOne(context: EngineContext, container: Container): Promise<void> {
  const { state } = container;
  if (state.status === 'removing' || state.status === 'dead')
    return removeLocked(context, container, {
      volumes: state.removesVolumes || container.hostConfig.autoRemove,
    });
  // A record with a monitor belongs to a container that was made, whatever its status says.
  if (container.monitored === null) return settleStopped(context, container);
  const adopted = await context.runtime.adopt(container.id);
  if (adopted.state === 'running' || adopted.state === 'paused')
    return adoptRunning(context, container, adopted.state, adopted.monitored.init.pid);
  if (adopted.state === 'exited') {
    noteStart(container);
    return settleExit(context, container, adopted.status);
  }
  if (adopted.state === 'created') await context.runtime.kill(container.id, 9).catch(() => undefined);
  if (isUp(container))
    return settleExit(context, container, { code: LOST, oomKilled: false, finishedAt: new Date() });
  // Its start was cut short before the program ran: it is what it was before.
  container.monitored = null;
  return settleStopped(context, container);
}

/** The daemon may have died between a start and its record. */
function noteStart(container: Container): void {
  if (!isUp(container)) markRunning(container);
}

async function adoptRunning(
  context: EngineContext,
  container: Container,
  status: 'running' | 'paused',
  pid: number,
): Promise<void> {
  noteStart(container);
  // The kernel knows better: the daemon may have died between a freeze and its record.
  Object.assign(container.state, { status, pid });
  watchExit(context, container);
  if (status === 'running') startHealthChecks(context, container);
  context.containers.save(container);
}

async function settleStopped(context: EngineContext, container: Container): Promise<void> {
  if (isUp(container)) container.state.status = 'exited';
  await releaseResources(context, container);
}

/** The daemon may have died between a disconnect and its record. */
function noteLeftNetworks({ containers }: EngineContext, sandbox: Sandbox): void {
  const container = containers.all().find((one) => one.sandbox?.sandboxId === sandbox.sandboxId);
  const left = container?.sandbox?.endpoints.filter(
    ({ endpointId }) => !sandbox.endpoints.some((endpoint) => endpoint.endpointId === endpointId),
  );
  if (!container || !left || left.length === 0) return;
  container.sandbox = toSandboxRecord(sandbox);
  for (const { networkName } of left) delete container.networks[networkName];
  containers.save(container);
}

/** Directories of containers that never got a record: their creation was cut short. */
async function removeStrays({
  layout,
  containers,
  snapshotter,
  runtime,
  logger,
}: EngineContext): Promise<void> {
  for (const parent of [layout.containers, layout.runContainers]) {
    for (const id of await readdir(parent).catch(() => [])) {
      if (containers.get(ownerOfSnapshot(id))) continue;
      try {
        await runtime.delete(id);
        await snapshotter.remove(id);
        await rm(join(parent, id), { recursive: true, force: true });
      } catch (error) {
        logger.error({ container: id, error: messageOf(error) }, 'cannot remove a stray container');
      }
    }
  }
}

function restartWithDaemon(context: EngineContext): void {
  for (const container of context.containers.all()) {
    const { state } = container;
    if (state.status === 'exited' && restartsWithDaemon(container)) {
      state.status = 'restarting';
      context.containers.save(container);
    }
    if (state.status === 'restarting') scheduleRestart(context, container);
  }
}
