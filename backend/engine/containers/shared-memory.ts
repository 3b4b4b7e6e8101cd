import { chmodSync, chownSync, mkdirSync, rmdirSync } from 'node:fs';
import { isErrno } from '../../base/errors.ts';
import { detach, mount, MS_NODEV, MS_NOEXEC, MS_NOSUID } from '../../linux/mount.ts';
import type { EngineContext } from '../context.ts';
import type { Container } from './container.ts';
import { sharedMemoryOf } from './join-namespaces.ts';
import type { ReadyMount } from './prepare-mounts.ts';

type Context = Pick<EngineContext, 'layout'>;

/**
 * The memory that a starting container shares, as a mount: its own for others who join its IPC namespace, or that of
 * the one that it joins. None where it has memory to itself, which the runtime makes.
 */
export function shareMemory(
  context: Pick<EngineContext, 'containers' | 'layout'>,
  container: Container,
): ReadyMount[] {
  const destination = '/dev/shm';
  const source = sharedMemoryOf(context, container);
  if (source === null || container.mountPoints.some((point) => point.destination === destination)) return [];
  mountSharedMemory(context, container);
  return [{ source, destination, readOnly: false, propagation: 'rprivate', quiet: true }];
}

/** It lives until the container stops. */
function mountSharedMemory({ layout }: Context, { id, hostConfig, idMapping }: Container): void {
  if (hostConfig.ipcMode !== 'shareable') return;
  const target = layout.sharedMemory(id);
  mkdirSync(target, { recursive: true, mode: 0o711 });
  const flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  mount({ source: 'shm', target, type: 'tmpfs', flags, data: `mode=1777,size=${hostConfig.shmSize}` });
  if (!idMapping) return;
  chownSync(target, idMapping.hostId, idMapping.hostId);
  chmodSync(target, 0o1777);
}

/** Idempotent. Whoever has joined keeps it. */
export function unmountSharedMemory({ layout }: Context, { id, hostConfig }: Container): void {
  if (hostConfig.ipcMode !== 'shareable') return;
  const target = layout.sharedMemory(id);
  try {
    for (;;) detach(target);
  } catch (error) {
    // EINVAL: nothing is mounted there any more.
    if (!isErrno(error, 'EINVAL') && !isErrno(error, 'ENOENT')) throw error;
  }
  try {
    rmdirSync(target);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}
