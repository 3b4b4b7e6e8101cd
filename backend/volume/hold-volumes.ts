import { unmountVolume, isMounted, mountVolume } from './volume-mounts.ts';
import { mountCommand, needsMount } from './volume-options.ts';
import type { StoredVolume } from './volume-records.ts';

/** Who uses which volume now. Kept in memory: a new daemon is told by `recover` of the volumes. */
export class VolumeHolds {
  readonly #holders = new Map<string, Set<string>>();

  of(name: string): readonly string[] {
    return [...(this.#holders.get(name) ?? [])];
  }

  add(name: string, holder: string): boolean {
    const holders = this.#holders.get(name) ?? new Set();
    this.#holders.set(name, holders);
    const isNew = !holders.has(holder);
    holders.add(holder);
    return isNew;
  }

  delete(name: string, holder: string): boolean {
    const holders = this.#holders.get(name);
    const held = holders?.delete(holder) ?? false;
    if (holders?.size === 0) this.#holders.delete(name);
    return held;
  }
}

/** Called under the volume's lock. */
export async function holdVolume(
  holds: VolumeHolds,
  { name, options }: StoredVolume,
  { holder, target }: { holder: string; target: string },
): Promise<boolean> {
  if (needsMount(options) && !isMounted(target)) await mountVolume(target, await mountCommand(options));
  return holds.add(name, holder);
}

/** Called under the volume's lock. */
export function releaseVolume(
  holds: VolumeHolds,
  { name, options }: StoredVolume,
  { holder, target }: { holder: string; target: string },
): boolean {
  const held = holds.delete(name, holder);
  if (needsMount(options) && holds.of(name).length === 0) unmountVolume(target);
  return held;
}
