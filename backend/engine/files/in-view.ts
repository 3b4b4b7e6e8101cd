import { randomUUID } from 'node:crypto';
import { CleanupStack } from '../../base/cleanup-stack.ts';
import { conflict, messageOf, notFound } from '../../base/errors.ts';
import type { View } from '../../layer/archive/messages.ts';
import type { TreeMount } from '../../linux/private-tree.ts';
import { makeUserNamespace } from '../../linux/user-namespace.ts';
import { toHost } from '../../oci/id-mapping.ts';
import type { Container } from '../containers/container.ts';
import { holdVolumes as holdForContainer, releaseVolumes } from '../containers/hold-volumes.ts';
import { unmountImages } from '../containers/image-mounts.ts';
import { prepareMounts } from '../containers/prepare-mounts.ts';
import { unstageParts } from '../containers/stage-parts.ts';
import { isUp } from '../containers/status.ts';
import { stageMounts, unstageMounts } from '../userns/stage-mounts.ts';
import type { FilesContext } from './files-context.ts';

export interface OpenedView<T> {
  result: T;
  /** To be called when the job is over. Never throws. */
  close(): Promise<void>;
}

/** `whole`: with everything that is mounted in the container. `rootfs`: the container's own files alone. */
export type ViewKind = 'whole' | 'rootfs';

/**
 * Lets a job look at a container's files as its processes see them, whether it runs or not. The container does not
 * start, stop or go away until `work` has settled, that is until the job has its tree open; then it may, and a
 * transfer that a client has forgotten holds up nobody.
 * @throws conflict for a container that is being removed
 */
export async function inView<T>(
  files: FilesContext,
  container: Container,
  kind: ViewKind,
  work: (view: View) => Promise<T>,
): Promise<OpenedView<T>> {
  const { locks, containers } = files.engine;
  return locks.run(container.id, async () => {
    if (containers.get(container.id) !== container) throw notFound(`No such container: ${container.id}`);
    const { status } = container.state;
    if (status === 'removing' || status === 'dead')
      throw conflict(`container ${container.id} is ${status === 'dead' ? 'dead' : 'being removed'}`);
    await using undo = new CleanupStack();
    const view = await openView(files, container, kind, undo);
    const result = await work(view);
    // The tree is open: what led to it would be in the way of a start.
    if (container.idMapping) unstageMounts(files.engine, container.id);
    const steps = undo.move();
    return { result, close: () => closeLater(files, container, steps) };
  });
}

async function closeLater({ engine }: FilesContext, { id }: Container, steps: CleanupStack): Promise<void> {
  try {
    await engine.locks.run(id, () => steps[Symbol.asyncDispose]());
  } catch (error) {
    engine.logger.warn({ container: id, error: messageOf(error) }, 'left behind after a copy of files');
  }
}

async function openView(
  files: FilesContext,
  container: Container,
  kind: ViewKind,
  undo: CleanupStack,
): Promise<View> {
  const init = isUp(container) ? container.monitored?.init : undefined;
  if (init && kind === 'whole') return { kind: 'process', ...init };
  const rootfs = await mountRootfs(files, container, undo);
  if (kind === 'rootfs') return { kind: 'directory', path: rootfs };
  const mounts = await mountsOf(files, container, rootfs, undo);
  return { kind: 'mounts', mountPoint: rootfs, mounts, owner: toHost(container.idMapping, 0) ?? 0 };
}

/** A start meanwhile finds it mounted and goes on with it: two mounts of one writable layer would not agree. */
async function mountRootfs(
  { engine, views }: FilesContext,
  container: Container,
  undo: CleanupStack,
): Promise<string> {
  const { id } = container;
  views.set(id, (views.get(id) ?? 0) + 1);
  undo.defer(async () => {
    const left = (views.get(id) ?? 1) - 1;
    if (left > 0) views.set(id, left);
    else views.delete(id);
    if (left === 0 && !isUp(container) && engine.containers.get(id) === container)
      await engine.snapshotter.unmount(id);
  });
  using userNamespace = container.idMapping && (await makeUserNamespace(container.idMapping));
  return await engine.snapshotter.mount(id, userNamespace);
}

/** Outer ones first, so that inner ones land in them. */
async function mountsOf(
  { engine }: FilesContext,
  container: Container,
  rootfs: string,
  undo: CleanupStack,
): Promise<TreeMount[]> {
  await holdVolumes(engine, container, undo);
  using userNamespace = container.idMapping && (await makeUserNamespace(container.idMapping));
  undo.defer(() => giveMountsBack(engine, container));
  const ready = await prepareMounts(engine, container, { rootfs, userNamespace });
  const staged = userNamespace ? stageMounts(engine, container, userNamespace, ready) : ready;
  const binds = staged.map(({ source, destination, readOnly }) => ({ source, destination, readOnly }));
  const tmpfs = container.mountPoints
    .filter(({ type }) => type === 'tmpfs')
    .map(({ destination }) => ({ source: null, destination, readOnly: false }));
  return [...binds, ...tmpfs]
    .map((mount) => ({ ...mount, destination: Buffer.from(mount.destination).toString('latin1') }))
    .toSorted((a, b) => depth(a.destination) - depth(b.destination));
}

async function giveMountsBack(engine: FilesContext['engine'], container: Container): Promise<void> {
  unstageMounts(engine, container.id);
  unstageParts(engine, container.id);
  if (!isUp(container)) await unmountImages(engine, container);
}

/** A holder of its own: the container may start and stop meanwhile. */
async function holdVolumes(
  engine: FilesContext['engine'],
  container: Container,
  undo: CleanupStack,
): Promise<void> {
  const holder = `files-${container.id}-${randomUUID()}`;
  undo.defer(() => releaseVolumes(engine, container, holder));
  await holdForContainer(engine, container, holder);
}

function depth(path: string): number {
  return path.split('/').filter(Boolean).length;
}
