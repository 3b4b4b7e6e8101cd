import { rm } from 'node:fs/promises';
import type { EngineContext } from '../context.ts';
import type { Container } from './container.ts';
import { emitContainer } from './container-events.ts';
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
  const { snapshotter, containers, execs, layout, live } = context;
  if (containers.get(container.id) !== container) return;
  live.of(container.id).cancelRestart();
  container.state.status = 'removing';
  container.state.removesVolumes = options.volumes;
  containers.save(container);
  if (container.sandbox) await releaseResources(context, container);
  await removeImageMounts(context, container);
  await snapshotter.remove(container.id);
  await rm(layout.container(container.id), { recursive: true, force: true });
  await rm(layout.runContainer(container.id), { recursive: true, force: true });
  containers.delete(container);
  execs.forgetUnstarted(container.id);
  if (options.volumes) await removeAnonymousVolumes(context, container);
  emitContainer(context, 'destroy', container);
  live.of(container.id).tellRemoved(container.state.exitCode);
  live.delete(container.id);
}

async function removeAnonymousVolumes(
  { volumes, containers }: EngineContext,
  { mountPoints }: Container,
): Promise<void> {
  const used = new Set(containers.all().flatMap((other) => other.mountPoints.map(({ name }) => name)));
  for (const { anonymous, name } of mountPoints) {
    if (anonymous && name !== null && !used.has(name)) await volumes.remove(name);
  }
}
