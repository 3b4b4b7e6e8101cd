import type { Digest } from '../oci/digest.ts';

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
 * Contract suite: test/suites/snapshotter.ts; every driver passes it.
 */
export interface Snapshotter {
  readonly driver: 'directory' | 'erofs';
  /** Makes the empty writable layer. Layers of the stack must be in the layer store. */
  prepare(id: string, stack: readonly Digest[]): Promise<void>;
  /** Mounts the merged view and returns its path; returns the path of an existing mount at once. */
  mount(id: string): Promise<string>;
  unmount(id: string): Promise<void>;
  /** Unmounts and deletes the writable layer. */
  remove(id: string): Promise<void>;
  /** Host directory of the writable layer, with whiteouts as the kernel writes them. */
  upper(id: string): string;
  /** What the writable layer holds. */
  usage(id: string): Promise<{ bytes: number; inodes: number }>;
}
