import { chmodSync, chownSync, lstatSync, mkdirSync, readlinkSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readdir, rename, rmdir, symlink, unlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { conflict, isErrno, notFound } from '../base/errors.ts';
import { KeyedLock } from '../base/keyed-lock.ts';
import type { Logger } from '../base/logger.ts';
import { dropPlaces } from '../linux/mount-place.ts';
import { isFileSystemRoot } from '../linux/mount-state.ts';
import { detach, unmount } from '../linux/mount.ts';
import { removeTree } from '../linux/remove-tree.ts';
import type { UserNamespace } from '../linux/user-namespace.ts';
import { walkTree } from '../linux/walk-tree.ts';
import { chainId } from '../oci/chain-id.ts';
import { hexOf, type Digest } from '../oci/digest.ts';
import { toHost, type IdMapping } from '../oci/id-mapping.ts';
import type { Layout } from '../store/layout.ts';
import type { StackLayers } from './make-stack.ts';
import { mountMapped, tryMapped } from './mount-mapped.ts';
import { mountOverlay, probeOverlay, type OverlayMethod, type OverlayMount } from './mount-overlay.ts';
import type { Snapshotter } from './snapshotter.ts';
import { fixUpOf } from './stack-facts.ts';
import { STACK_TMP_PREFIX, StackStore } from './stack-store.ts';

export interface OverlaySnapshotterOptions {
  layout: Layout;
  layers: StackLayers;
  logger: Logger;
}

/** Snapshots on layers that are plain directories. */
export interface OverlaySnapshotter extends Snapshotter {
  /** Makes what a stack needs once, at the end of a pull, so that the first container does not wait for it. */
  ensureStack(stack: readonly Digest[]): Promise<void>;
  /** Forgets what a stack needed. Only for stacks that no snapshot uses. */
  removeStack(stack: readonly Digest[]): Promise<void>;
  /** Removes all that no snapshot and none of these stacks uses. */
  collectStacks(keep: Iterable<readonly Digest[]>): Promise<void>;
}

const TMP_PREFIX = 'snapshot-';

/** @throws unavailable when overlayfs does not work on the data root, with the kernel's words */
export async function createOverlaySnapshotter(
  options: OverlaySnapshotterOptions,
): Promise<OverlaySnapshotter> {
  const { layout, logger } = options;
  for (const directory of [layout.tmp, layout.stacks, layout.containers])
    await mkdir(directory, { recursive: true, mode: 0o700 });
  // A container's root that is nobody outside passes here to its own directory: see `#admit`.
  for (const directory of [layout.runContainers, layout.staging]) {
    await mkdir(directory, { recursive: true });
    await chmod(directory, 0o711);
  }
  dropPlaces(layout.staging);
  for (const name of await readdir(layout.tmp))
    if (name.startsWith(TMP_PREFIX) || name.startsWith(STACK_TMP_PREFIX))
      await removeTree(join(layout.tmp, name));
  const method = await tryOverlay(layout);
  logger.debug({ method }, 'overlayfs works');
  return new DirectorySnapshotter(options, method);
}

const tryOverlay = (layout: Layout): Promise<OverlayMethod> => inTrial(layout, probeOverlay);

/** With empty directories of its own. */
async function inTrial<T>(layout: Layout, attempt: (overlay: OverlayMount) => T): Promise<T> {
  const trial = await mkdtemp(join(layout.tmp, `${TMP_PREFIX}trial-`));
  try {
    const [lower = '', upper = '', work = '', target = ''] = ['lower', 'upper', 'work', 'target'].map(
      (name) => join(trial, name),
    );
    for (const directory of [lower, upper, work, target]) await mkdir(directory);
    return attempt({ lowers: [lower], upper, work, target });
  } finally {
    await removeTree(trial);
  }
}

class DirectorySnapshotter implements OverlaySnapshotter {
  readonly driver = 'directory';
  readonly #layout: Layout;
  readonly #layers: StackLayers;
  readonly #method: OverlayMethod;
  readonly #stacks: StackStore;
  readonly #locks = new KeyedLock();
  #mappedWorks = false;

  constructor({ layout, layers }: OverlaySnapshotterOptions, method: OverlayMethod) {
    this.#layout = layout;
    this.#layers = layers;
    this.#method = method;
    this.#stacks = new StackStore(layout, layers);
  }

  prepare(id: string, stack: readonly Digest[], mapping: IdMapping | null = null): Promise<void> {
    return this.#locks.run(id, async () => {
      const name = await this.#stacks.ensure(stack);
      const { root } = await this.#stacks.facts(name);
      const upper = this.upper(id);
      // Whatever a crash left half made was never mounted: the link comes last.
      const prepared = this.#stackOf(id);
      if (prepared === name) return;
      if (prepared !== undefined) throw conflict(`snapshot ${id} stands on another stack of layers`);
      await mkdir(upper, { recursive: true, mode: 0o700 });
      await chown(upper, ownerOnHost(mapping, root.uid), ownerOnHost(mapping, root.gid));
      await chmod(upper, root.mode);
      await mkdir(this.#work(id), { recursive: true, mode: 0o700 });
      // A link is made at once and whole, and is on disk when the container's record is: both are in
      // one journal, in this order. So the writable layer needs no fsync of its own.
      await symlink(join('..', '..', 'stacks', name), this.#link(id));
    });
  }

  mount(id: string, userNamespace: UserNamespace | null = null): Promise<string> {
    return this.#locks.run(id, async () => {
      const target = this.#target(id);
      if (isFileSystemRoot(target)) return target;
      const name = this.#stackOf(id);
      if (name === undefined) throw notFound(`no such snapshot: ${id}`);
      const facts = await this.#stacks.facts(name);
      const lowers = facts.lowers.map((diffId) => this.#layers.directory(diffId)).reverse();
      if (facts.fixUp) lowers.unshift(fixUpOf(this.#stacks.directory(name)));
      mkdirSync(target, { recursive: true, mode: 0o700 });
      this.#admit(id, userNamespace);
      const overlay = { lowers, upper: this.upper(id), work: this.#work(id), target };
      const place = join(this.#layout.staging, `lowers-${id}`);
      if (userNamespace) mountMapped({ ...overlay, userNamespace, place }, this.#method);
      else mountOverlay(overlay, this.#method);
      return target;
    });
  }

  async checkMapped(userNamespace: UserNamespace): Promise<void> {
    if (this.#mappedWorks) return;
    const place = join(this.#layout.staging, 'lowers-trial');
    await inTrial(this.#layout, (overlay) => tryMapped({ ...overlay, userNamespace, place }, this.#method));
    this.#mappedWorks = true;
  }

  unmount(id: string): Promise<void> {
    return this.#locks.run(id, async () => this.#unmount(id));
  }

  remove(id: string): Promise<void> {
    return this.#locks.run(id, async () => {
      this.#unmount(id);
      await ifThere(rmdir(this.#target(id)));
      const gone = await mkdtemp(join(this.#layout.tmp, TMP_PREFIX));
      await ifThere(unlink(this.#link(id)));
      await ifThere(rename(this.upper(id), join(gone, 'upper')));
      await ifThere(rename(this.#work(id), join(gone, 'work')));
      // Others keep logs and the like in it, and delete it with them.
      await ifThere(rmdir(this.#layout.container(id)));
      await removeTree(gone);
    });
  }

  upper(id: string): string {
    return join(this.#layout.container(id), 'upper');
  }

  async usage(id: string): Promise<{ bytes: number; inodes: number }> {
    if (!lstatSync(this.upper(id), { throwIfNoEntry: false })) throw notFound(`no such snapshot: ${id}`);
    const seen = new Set<bigint>();
    let bytes = 0;
    await walkTree(this.upper(id), ({ path, stats }) => {
      if (path === '' || seen.has(stats.ino)) return;
      seen.add(stats.ino);
      if (stats.isFile()) bytes += Number(stats.size);
    });
    return { bytes, inodes: seen.size };
  }

  async ensureStack(stack: readonly Digest[]): Promise<void> {
    await this.#stacks.ensure(stack);
  }

  removeStack(stack: readonly Digest[]): Promise<void> {
    return this.#stacks.remove(hexOf(chainId(stack)));
  }

  async collectStacks(keep: Iterable<readonly Digest[]>): Promise<void> {
    const kept = new Set([...keep].map((stack) => hexOf(chainId(stack))));
    for (const id of await readdir(this.#layout.containers)) {
      const name = this.#stackOf(id);
      if (name !== undefined) kept.add(name);
    }
    for (const name of await this.#stacks.names()) if (!kept.has(name)) await this.#stacks.remove(name);
  }

  /**
   * Who passes to the root file system. Nobody but root, because an image is a stranger's and holds setuid programs;
   * and in a user namespace its root, who makes the mounts inside and is not root here.
   */
  #admit(id: string, userNamespace: UserNamespace | null): void {
    const directory = this.#layout.runContainer(id);
    chownSync(directory, 0, userNamespace?.mapping.hostId ?? 0);
    chmodSync(directory, userNamespace ? 0o710 : 0o700);
    chmodSync(this.#target(id), 0o711);
  }

  #unmount(id: string): void {
    const target = this.#target(id);
    while (isFileSystemRoot(target)) {
      try {
        unmount(target);
      } catch (error) {
        // A process of another mount namespace may still look into it; out of our tree it goes all the same.
        if (!isErrno(error, 'EBUSY')) throw error;
        detach(target);
      }
    }
  }

  /** The name of the stack that a snapshot stands on; undefined where there is no snapshot. */
  #stackOf(id: string): string | undefined {
    try {
      return basename(readlinkSync(this.#link(id)));
    } catch (error) {
      if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR') || isErrno(error, 'EINVAL')) return undefined;
      throw error;
    }
  }

  #link(id: string): string {
    return join(this.#layout.container(id), 'stack');
  }

  #work(id: string): string {
    return join(this.#layout.container(id), 'work');
  }

  #target(id: string): string {
    return join(this.#layout.runContainer(id), 'rootfs');
  }
}

/** An id that the mapping does not have becomes the namespace's root: the kernel would not let it be written to. */
const ownerOnHost = (mapping: IdMapping | null, id: number): number =>
  toHost(mapping, id) ?? mapping?.hostId ?? id;

async function ifThere(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isErrno(error, 'ENOENT') && !isErrno(error, 'ENOTEMPTY')) throw error;
  }
}
