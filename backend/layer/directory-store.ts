import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { CleanupStack } from '../base/cleanup-stack.ts';
import { isErrno, messageOf, notFound } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { openBeneath } from '../linux/open-beneath.ts';
import { removeTree } from '../linux/remove-tree.ts';
import { hexOf, type Digest } from '../oci/digest.ts';
import type { Layout } from '../store/layout.ts';
import { nameBytes } from './byte-names.ts';
import { IndexCache } from './index-cache.ts';
import { contentOf, indexFileOf, readMeta, type StoredMeta } from './layer-files.ts';
import type { LayerIndex } from './layer-index.ts';
import type { ApplyRequest, LayerMeta, LayerStore } from './layer-store.ts';
import { DEFAULT_LIMITS, type ApplyLimits } from './worker/apply-limits.ts';
import { sendLayer } from './worker/send-layer.ts';
import { WorkerPool } from './worker/worker-pool.ts';

/** A layer store whose layers are plain directories, as overlayfs takes them for lowers. */
export interface DirectoryLayerStore extends LayerStore {
  /** The unpacked layer, whiteouts as overlayfs has them. @throws not-found */
  directory(diffId: Digest): string;
  /** Ends the workers. Applies under way are finished first. */
  close(): Promise<void>;
}

export interface DirectoryStoreOptions {
  layout: Layout;
  logger: Logger;
  limits?: Partial<ApplyLimits> | undefined;
}

const TMP_PREFIX = 'layer-';

/** Opens the store: learns which layers are there, and deletes what an earlier daemon left half made. */
export async function createDirectoryLayerStore(
  options: DirectoryStoreOptions,
): Promise<DirectoryLayerStore> {
  const { layout, logger } = options;
  await mkdir(layout.layers, { recursive: true, mode: 0o700 });
  await mkdir(layout.tmp, { recursive: true, mode: 0o700 });
  for (const name of await readdir(layout.tmp))
    if (name.startsWith(TMP_PREFIX)) await removeTree(join(layout.tmp, name));
  const layers = new Map<Digest, StoredMeta>();
  for (const name of await readdir(layout.layers)) {
    try {
      const meta = await readMeta(join(layout.layers, name));
      if (hexOf(meta.diffId) === name) layers.set(meta.diffId, meta);
    } catch (error) {
      logger.warn({ layer: name, error: messageOf(error) }, 'layer is damaged and counts as missing');
    }
  }
  return new Store(options, layers);
}

class Store implements DirectoryLayerStore {
  readonly #layout: Layout;
  readonly #logger: Logger;
  readonly #limits: ApplyLimits;
  readonly #layers: Map<Digest, StoredMeta>;
  readonly #underway = new Map<Digest, Promise<LayerMeta>>();
  readonly #indexes: IndexCache;
  readonly #pool = new WorkerPool();
  #jobs = 0;

  constructor({ layout, logger, limits }: DirectoryStoreOptions, layers: Map<Digest, StoredMeta>) {
    this.#layout = layout;
    this.#logger = logger;
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
    this.#layers = layers;
    this.#indexes = new IndexCache((diffId) => indexFileOf(layout.layer(diffId)));
  }

  has(diffId: Digest): boolean {
    return this.#layers.has(diffId);
  }

  async apply(request: ApplyRequest): Promise<LayerMeta> {
    const { diffId, source } = request;
    if (this.has(diffId)) {
      // The caller may be verifying or storing the same bytes: they flow on, to nobody here.
      source.resume();
      return this.meta(diffId);
    }
    const underway = this.#underway.get(diffId);
    if (underway) {
      source.resume();
      return underway;
    }
    const apply = this.#apply(request).finally(() => this.#underway.delete(diffId));
    this.#underway.set(diffId, apply);
    return apply;
  }

  meta(diffId: Digest): LayerMeta {
    const { size, files } = this.#stored(diffId);
    return { diffId, size, files };
  }

  async index(diffId: Digest): Promise<LayerIndex> {
    this.#stored(diffId);
    return this.#indexes.get(diffId);
  }

  async open(diffId: Digest, path: string): Promise<Readable> {
    const { entries } = await this.index(diffId);
    if (!entries.some((entry) => entry.path === path && entry.type === 'file'))
      throw notFound(`no such file in layer ${diffId}: ${path}`);
    const root = await open(this.directory(diffId), 'r');
    try {
      return createReadStream('', { fd: openBeneath(root.fd, nameBytes(path)) });
    } finally {
      await root.close();
    }
  }

  async remove(diffId: Digest): Promise<void> {
    if (!this.#layers.delete(diffId)) return;
    this.#indexes.forget(diffId);
    const gone = await this.#temporary(diffId);
    await this.#moveAway(diffId, gone);
    await removeTree(gone);
  }

  list(): LayerMeta[] {
    return [...this.#layers.keys()].map((diffId) => this.meta(diffId));
  }

  directory(diffId: Digest): string {
    this.#stored(diffId);
    return contentOf(this.#layout.layer(diffId));
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#underway.values());
    await this.#pool.close();
  }

  async #apply({ diffId, source, compression, signal }: ApplyRequest): Promise<LayerMeta> {
    await using undo = new CleanupStack();
    const directory = await this.#temporary(diffId);
    undo.defer(() => removeTree(directory));
    this.#jobs += 1;
    const job = { job: this.#jobs, directory, compression, diffId, limits: this.#limits };
    const meta = await this.#pool.run((worker) => sendLayer(worker, job, source, signal));
    await this.#publish(diffId, directory);
    undo.release();
    this.#layers.set(diffId, meta);
    const { droppedXattrs, refusedXattrs } = meta;
    if (droppedXattrs > 0 || Object.keys(refusedXattrs).length > 0)
      this.#logger.warn({ diffId, droppedXattrs, refusedXattrs }, 'extended attributes of a layer left out');
    return this.meta(diffId);
  }

  /** Everything in the directory is on disk already: after the rename the layer is whole or not there. */
  async #publish(diffId: Digest, directory: string): Promise<void> {
    // A damaged layer counts as missing and gives way.
    const damaged = await this.#temporary(diffId);
    await this.#moveAway(diffId, damaged);
    await rename(directory, this.#layout.layer(diffId));
    await syncDirectory(this.#layout.layers);
    await removeTree(damaged);
  }

  async #moveAway(diffId: Digest, to: string): Promise<void> {
    try {
      await rename(this.#layout.layer(diffId), join(to, 'layer'));
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
    }
  }

  #temporary(diffId: Digest): Promise<string> {
    return mkdtemp(join(this.#layout.tmp, `${TMP_PREFIX}${hexOf(diffId).slice(0, 12)}-`));
  }

  #stored(diffId: Digest): StoredMeta {
    const meta = this.#layers.get(diffId);
    if (!meta) throw notFound(`no such layer: ${diffId}`);
    return meta;
  }
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
