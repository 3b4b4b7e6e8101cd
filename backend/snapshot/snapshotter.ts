import type { UserNamespace } from '../linux/user-namespace.ts';
import type { Digest } from '../oci/digest.ts';
import type { IdMapping } from '../oci/id-mapping.ts';

/**
 * Writable root file systems on top of shared read-only layers.
 *
 * Terms: a *stack* is a list of layers' diffIDs, bottom first. A *snapshot* is a stack and a writable
 * layer (*upper*) that belongs to one container, named by the container's id.
 *
 * Life cycle: `prepare` → (`mount` → `unmount`)* → `remove`. The upper survives `unmount`, a daemon's
 * restart and a reboot; a mount survives the daemon but not a reboot. All calls are idempotent, so
 * that recovery may repeat them.
 *
 *   await snapshotter.prepare(id, stack);
 *   const rootfs = await snapshotter.mount(id);   // <run>/containers/<id>/rootfs
 *   …
 *   await snapshotter.unmount(id);
 *   await snapshotter.remove(id);
 *
 * A snapshot for a container in a user namespace is prepared with the namespace's mapping and mounted with the
 * namespace: the shared layers show their owners mapped, the writable layer holds them as they are on the host.
 *
 * Contract suite: test/suites/snapshotter.ts; every driver passes it.
 */
export interface Snapshotter {
  readonly driver: 'directory' | 'erofs';
  /** Makes the empty writable layer. Layers of the stack must be in the layer store. */
  prepare(id: string, stack: readonly Digest[], mapping?: IdMapping | null): Promise<void>;
  /** Mounts the merged view and returns its path; returns the path of an existing mount at once. */
  mount(id: string, userNamespace?: UserNamespace | null): Promise<string>;
  /** Finds by trial whether snapshots can be mounted with a user namespace. @throws not-implemented with the reason */
  checkMapped(userNamespace: UserNamespace): Promise<void>;
  unmount(id: string): Promise<void>;
  /** Unmounts and deletes the writable layer. */
  remove(id: string): Promise<void>;
  /** Host directory of the writable layer, with whiteouts as the kernel writes them. */
  upper(id: string): string;
  /** What the writable layer holds. */
  usage(id: string): Promise<{ bytes: number; inodes: number }>;
}
