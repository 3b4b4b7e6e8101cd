import { messageOf } from '../../base/errors.ts';
import type { EngineContext } from '../context.ts';
import { emitMemberships } from '../networks/network-events.ts';
import type { Container } from './container.ts';
import { releaseVolumes } from './hold-volumes.ts';
import { unmountImages } from './image-mounts.ts';
import { unmountSharedMemory } from './shared-memory.ts';

/** Gives back what only a running container needs: cgroup and bundle, mount, network, volumes. Idempotent; goes on after a failure. */
export async function releaseResources(context: EngineContext, container: Container): Promise<void> {
  const { runtime, snapshotter, networks, containers, logger } = context;
  const { sandbox, id } = container;
  const results = await Promise.allSettled([
    runtime.delete(id),
    snapshotter.unmount(id),
    sandbox ? networks.detach(sandbox) : undefined,
    unmountImages(context, container),
  ]);
  unmountSharedMemory(context, container);
  await releaseVolumes(context, container);
  for (const result of results) {
    if (result.status === 'rejected')
      logger.warn({ container: id, error: messageOf(result.reason) }, 'left behind after an exit');
  }
  // What could not be given back stays in the record, so that the next start of the daemon tries again.
  if (results[2]?.status === 'fulfilled') {
    emitMemberships(context, 'disconnect', container);
    container.sandbox = null;
  }
  containers.save(container);
}
