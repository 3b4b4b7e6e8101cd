import { rm } from 'node:fs/promises';
import { codeOf, messageOf } from '../../base/errors.ts';
import type { EngineContext } from '../context.ts';
import type { Container } from './container.ts';
import { emitContainer } from './container-events.ts';
import { removeImageMounts } from './image-mounts.ts';
import { releaseResources } from './release-resources.ts';

/**
 * Deletes a container that does not run: writable layer, log and record. Called under its lock.
 * The record goes last, so that a removal that was cut short is finished by the daemon's next start.
 */
export async function removeLocked(
  context: EngineContext,
  container: Container,
  options: { volumes: boolean },
): Promise<void> {
  const { containers, execs, live } = context;
  if (containers.get(container.id) !== container) return;
  live.of(container.id).cancelRestart();
  Object.assign(container.state, { status: 'removing', removesVolumes: options.volumes });
  containers.save(container);
  try {
    await removeFiles(context, container);
    if (options.volumes) await removeAnonymousVolumes(context, container);
  } catch (error) {
    // Neither there nor gone: it can only be removed again, by hand or by the daemon's next start.
    Object.assign(container.state, { status: 'dead', error: messageOf(error) });
    containers.save(container);
    throw error;
  }
  containers.delete(container);
  execs.forgetUnstarted(container.id);
  emitContainer(context, 'destroy', container);
  live.of(container.id).tellRemoved(container.state.exitCode);
  live.delete(container.id);
}

async function removeFiles(context: EngineContext, container: Container): Promise<void> {
  const { snapshotter, layout } = context;
  if (container.sandbox) await releaseResources(context, container);
  await removeImageMounts(context, container);
  await snapshotter.remove(container.id);
  await rm(layout.container(container.id), { recursive: true, force: true });
  await rm(layout.runContainer(container.id), { recursive: true, force: true });
}

async function removeAnonymousVolumes(
  { volumes, containers }: EngineContext,
  { id, mountPoints }: Container,
): Promise<void> {
  const others = containers.all().filter((other) => other.id !== id);
  const used = new Set(others.flatMap((other) => other.mountPoints.map(({ name }) => name)));
  for (const { anonymous, name } of mountPoints) {
    if (!anonymous || name === null || used.has(name)) continue;
    await volumes.remove(name).catch((error: unknown) => {
      // An earlier try got as far as this.
      if (codeOf(error) !== 'not-found') throw error;
    });
  }
}
