import type { Logger } from '../../base/logger.ts';
import type { Semaphore } from '../../base/semaphore.ts';
import type { ImageStore } from '../../image/image-store.ts';
import type { LayerStore } from '../../layer/layer-store.ts';
import type { Digest } from '../../oci/digest.ts';
import type { Platform } from '../../oci/platform.ts';
import type { RegistryClient } from '../../registry/registry-client.ts';
import type { BlobStore } from '../../store/blobs.ts';
import type { LayerFetches } from './layer-fetches.ts';
import type { Leases } from './leases.ts';

/** A container that was made from an image. */
export interface ImageUse {
  imageId: Digest;
  /** Its layers stay, also where the image's record was removed by force. */
  diffIds: readonly Digest[];
  containerId: string;
  running: boolean;
}

/** What stacks of layers need beyond their layers; the snapshotter has it. */
export interface ImageStacks {
  /** Made at the end of a pull, so that the first container does not wait for it. */
  ensureStack(stack: readonly Digest[]): Promise<void>;
  /** Removes what no snapshot and none of these stacks needs. */
  collectStacks(keep: Iterable<readonly Digest[]>): Promise<void>;
}

export interface ImageEvent {
  type: 'image';
  action: 'pull' | 'tag' | 'untag' | 'delete' | 'create' | 'import' | 'prune';
  id: string;
  attributes: Record<string, string>;
}

/** What the use cases of images work with. */
export interface ImageContext {
  readonly images: ImageStore;
  readonly layers: LayerStore;
  readonly stacks: ImageStacks;
  readonly blobs: BlobStore;
  readonly registry: RegistryClient;
  readonly leases: Leases;
  readonly fetches: LayerFetches;
  /** Blob downloads at once, over all pulls. */
  readonly downloads: Semaphore;
  readonly platform: Platform;
  readonly logger: Logger;
  /** Every container that there is, running or not. */
  uses(): readonly ImageUse[];
  emit(event: ImageEvent): void;
}
