import { join } from 'node:path';
import { CleanupStack } from '../../base/cleanup-stack.ts';
import { messageOf } from '../../base/errors.ts';
import { buildSpec } from '../../runtime/spec/build-spec.ts';
import type { UserNamespace } from '../../linux/user-namespace.ts';
import type { EngineContext } from '../context.ts';
import { setNetworkSettings } from '../userns/network-settings.ts';
import { openUserNamespace } from '../userns/open-user-namespace.ts';
import { stageMounts, unstageMounts } from '../userns/stage-mounts.ts';
import { emitMemberships } from '../networks/network-events.ts';
import type { Container } from './container.ts';
import { holdVolumes, releaseVolumes } from './hold-volumes.ts';
import { unmountImages } from './image-mounts.ts';
import { makeMountPoints } from './make-mount-points.ts';
import { makeSandbox } from './sandbox.ts';
import { prepareMounts } from './prepare-mounts.ts';
import { shareMemory, unmountSharedMemory } from './shared-memory.ts';
import { unstageParts } from './stage-parts.ts';
import { specInput } from './spec-input.ts';
import { startFailure } from './start-failure.ts';

/**
 * Turns a stopped container into a running one: root file system and network, then the bundle, conmon and
 * crun, then the attachments that wait, then the program. On failure everything is undone, and the
 * container's record says why.
 */
export async function bringUp(context: EngineContext, container: Container): Promise<void> {
  try {
    await bringUpOrUndo(context, container);
  } catch (cause) {
    const { error, exitCode } = startFailure(cause);
    recordFailure(container, error, exitCode);
    context.containers.save(container);
    context.live.of(container.id).cancelAttachments();
    throw error;
  }
}

async function bringUpOrUndo(context: EngineContext, container: Container): Promise<void> {
  const { runtime, containers } = context;
  const { id, config } = container;
  await using undo = new CleanupStack();
  using userNamespace = await openUserNamespace(context, container);
  const rootfs = await mountAndConnect(context, container, userNamespace, undo);
  if (userNamespace) await setNetworkSettings(context, container);
  undo.defer(() => releaseVolumes(context, container));
  await holdVolumes(context, container);
  undo.defer(() => giveMountsBack(context, container));
  const prepared = await prepareMounts(context, container, { rootfs, userNamespace });
  const mounts = [...prepared, ...shareMemory(context, container)];
  makeMountPoints(rootfs, container, mounts);
  undo.defer(() => unstageMounts(context, id));
  const binds = userNamespace ? stageMounts(context, container, userNamespace, mounts) : mounts;
  const spec = buildSpec(specInput(context, container, { rootfs, mounts: binds, userNamespace }));
  undo.defer(() => runtime.delete(id));
  const { tty, openStdin, stdinOnce } = config;
  container.monitored = await runtime.create({
    id,
    runtime: container.hostConfig.runtime,
    spec,
    logPath: container.hostConfig.logConfig.type === 'none' ? null : logPath(context, id),
    tty,
    openStdin,
    stdinOnce,
  });
  unstageMounts(context, id);
  unstageParts(context, id);
  container.bootId = context.bootId;
  // Saved before the program runs: a daemon that dies now finds the container again by its record.
  containers.save(container);
  await connectAttachments(context, container);
  await runtime.start(id);
  undo.release();
}

async function giveMountsBack(context: EngineContext, container: Container): Promise<void> {
  unstageParts(context, container.id);
  unmountSharedMemory(context, container);
  await unmountImages(context, container);
}

/** Gives the container's streams to all that wait for them. */
export async function connectAttachments(
  { runtime, live }: EngineContext,
  { id, config }: Container,
): Promise<void> {
  const { openStdin, tty } = config;
  await live.of(id).connectAttachments((stdin) => runtime.attach(id, { stdin: stdin && openStdin, tty }));
}

/** The root file system and the network do not depend on one another; both are waited for, so that each is undone. */
async function mountAndConnect(
  context: EngineContext,
  container: Container,
  userNamespace: UserNamespace | null,
  undo: CleanupStack,
): Promise<string> {
  const { snapshotter, networks, containers } = context;
  undo.defer(() => snapshotter.unmount(container.id));
  undo.defer(async () => {
    if (container.sandbox) await networks.detach(container.sandbox);
    emitMemberships(context, 'disconnect', container);
    container.sandbox = null;
  });
  const [mounted, attached] = await Promise.allSettled([
    snapshotter.mount(container.id, userNamespace),
    makeSandbox(context, container, userNamespace?.networkPath ?? null),
  ]);
  if (attached.status === 'fulfilled') container.sandbox = attached.value;
  if (mounted.status === 'rejected') throw mounted.reason;
  if (attached.status === 'rejected') throw attached.reason;
  containers.save(container);
  emitMemberships(context, 'connect', container);
  return mounted.value;
}

function recordFailure(container: Container, error: unknown, exitCode: number): void {
  const { state } = container;
  state.status = state.startedAt === '' ? 'created' : 'exited';
  state.pid = 0;
  state.error = messageOf(error);
  state.exitCode = exitCode;
  container.monitored = null;
}

/** The container's log, kept with the container until it is removed. */
export function logPath({ layout }: Pick<EngineContext, 'layout'>, id: string): string {
  return join(layout.container(id), 'container.log');
}
