import { Semaphore } from '../../base/semaphore.ts';
import { codeOf } from '../../base/errors.ts';
import type { VolumeRecord } from '../../volume/volumes.ts';
import type { Container } from '../containers/container.ts';
import type { EngineContext } from '../context.ts';
import type { ImageContext } from '../images/image-context.ts';
import { listImages, type ListedImage } from '../images/list-images.ts';
import { volumeUsers } from '../volumes/volume-users.ts';

/** Kinds that GET /system/df tells of. */
export type UsageKind = 'container' | 'image' | 'volume' | 'build-cache';

/** What lies on the disk. Sizes are bytes. Null for what was not asked for. */
export interface DiskUsage {
  images: ListedImage[] | null;
  /** Every layer once, however many images have it. */
  layersSize: number;
  containers: { container: Container; writable: number; total: number }[] | null;
  volumes: { volume: VolumeRecord; size: number; users: number }[] | null;
}

/** Trees walked at once: the disk has other work. */
const WALKS = 2;

/** Adds up what containers, images and volumes take. A walk through big trees takes its time; it blocks nothing. */
export class DiskUsageMeter {
  readonly #engine: EngineContext;
  readonly #images: ImageContext;
  readonly #walks = new Semaphore(WALKS);
  readonly #underWay = new Map<string, Promise<DiskUsage>>();

  constructor(engine: EngineContext, images: ImageContext) {
    this.#engine = engine;
    this.#images = images;
  }

  /** Those who ask for the same at the same time share one answer. */
  measure(kinds: ReadonlySet<UsageKind>): Promise<DiskUsage> {
    const key = [...kinds].sort().join();
    const current = this.#underWay.get(key);
    if (current) return current;
    const measuring = this.#measure(kinds).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, measuring);
    return measuring;
  }

  async #measure(kinds: ReadonlySet<UsageKind>): Promise<DiskUsage> {
    const [containers, volumes] = await Promise.all([
      kinds.has('container') ? this.#containers() : null,
      kinds.has('volume') ? this.#volumes() : null,
    ]);
    const images = kinds.has('image')
      ? listImages(this.#images, { references: [], labels: [], before: [], since: [] })
      : null;
    return { images, layersSize: images ? this.#layersSize(images) : 0, containers, volumes };
  }

  #layersSize(images: readonly ListedImage[]): number {
    const { layers } = this.#images;
    const diffIds = new Set(images.flatMap(({ image }) => image.diffIds));
    return [...diffIds]
      .filter((diffId) => layers.has(diffId))
      .reduce((sum, diffId) => sum + layers.meta(diffId).size, 0);
  }

  async #containers(): Promise<NonNullable<DiskUsage['containers']>> {
    const { containers, snapshotter, images } = this.#engine;
    const sizes = new Map(images.list().map(({ id, size }) => [id as string, size]));
    return this.#each(containers.all(), async (container) => {
      const { bytes } = await snapshotter.usage(container.id);
      return { container, writable: bytes, total: bytes + (sizes.get(container.imageId) ?? 0) };
    });
  }

  async #volumes(): Promise<NonNullable<DiskUsage['volumes']>> {
    const { volumes } = this.#engine;
    return this.#each(volumes.list(), async (volume) => ({
      volume,
      size: await volumes.usage(volume.name),
      users: volumeUsers(this.#engine, volume.name).length,
    }));
  }

  /** What is removed while it is measured is left out. */
  async #each<T, R>(things: readonly T[], measure: (thing: T) => Promise<R>): Promise<R[]> {
    const measured = await Promise.all(
      things.map((thing) =>
        this.#walks
          .run(() => measure(thing))
          .catch((error: unknown) => {
            if (codeOf(error) === 'not-found') return null;
            throw error;
          }),
      ),
    );
    return measured.filter((result) => result !== null);
  }
}
