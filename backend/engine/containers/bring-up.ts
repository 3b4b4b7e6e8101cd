import { join } from 'node:path';
import { CleanupStack } from '../../base/cleanup-stack.ts';
import { messageOf } from '../../base/errors.ts';
import { buildSpec } from '../../runtime/spec/build-spec.ts';
import type { EngineContext } from '../context.ts';
import { emitMemberships } from '../networks/network-events.ts';
import type { Container } from './container.ts';
import { holdVolumes, releaseVolumes } from './hold-volumes.ts';
import { makeSandbox } from './sandbox.ts';
import { prepareMounts } from './prepare-mounts.ts';
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
  const rootfs = await mountAndConnect(context, container, undo);
  undo.defer(() => releaseVolumes(context, container));
  await holdVolumes(context, container);
  const mounts = await prepareMounts(context, container, rootfs);
  const spec = buildSpec(specInput(context, container, rootfs, mounts));
  undo.defer(() => runtime.delete(id));
  const { tty, openStdin, stdinOnce } = config;
  container.monitored = await runtime.create({
    id,
    spec,
    logPath: logPath(context, id),
    tty,
    openStdin,
    stdinOnce,
  });
  container.bootId = context.bootId;
  // Saved before the program runs: a daemon that dies now finds the container again by its record.
  containers.save(container);
  await connectAttachments(context, container);
  await runtime.start(id);
  undo.release();
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
    snapshotter.mount(container.id),
    makeSandbox(context, container),
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
