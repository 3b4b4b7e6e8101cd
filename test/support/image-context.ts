import { mkdirSync, readdirSync } from 'node:fs';
import { silentLogger } from '../../backend/base/logger.ts';
import { Semaphore } from '../../backend/base/semaphore.ts';
import type { ImageContext, ImageEvent, ImageUse } from '../../backend/engine/images/image-context.ts';
import { createLayerFetches } from '../../backend/engine/images/layer-fetches.ts';
import { createLeases } from '../../backend/engine/images/leases.ts';
import { createImageStore } from '../../backend/image/sqlite-image-store.ts';
import type { LayerStore } from '../../backend/layer/layer-store.ts';
import { createRegistryClient, type RegistryClientOptions } from '../../backend/registry/registry-client.ts';
import { createBlobStore } from '../../backend/store/blobs.ts';
import { createLayout } from '../../backend/store/layout.ts';
import { openRecords } from '../../backend/store/records.ts';
import { createMemoryLayerStore } from './memory-layer-store.ts';
import { makeTempDir } from './temp-dir.ts';

export interface TestImages<Layers extends LayerStore> extends AsyncDisposable {
  context: ImageContext & { layers: Layers };
  layers: Layers;
  uses: ImageUse[];
  events: ImageEvent[];
  dataRoot: string;
  /** Names of everything under blobs, layers and tmp: what a pull may leave behind. */
  leftovers(): string[];
}

/** The image part of a daemon on a directory of its own, with layers in memory. */
export async function makeTestImages(registry: RegistryClientOptions = {}) {
  return await makeImagesWith(() => Promise.resolve(createMemoryLayerStore()), registry);
}

export async function makeImagesWith<Layers extends LayerStore>(
  makeLayers: (layout: ReturnType<typeof createLayout>) => Promise<Layers>,
  registryOptions: RegistryClientOptions = {},
): Promise<TestImages<Layers>> {
  const directory = await makeTempDir('strata-images-');
  const layout = createLayout(directory.path, `${directory.path}/run`);
  mkdirSync(layout.layers, { recursive: true });
  const records = openRecords(layout.database);
  const layers = await makeLayers(layout);
  const uses: ImageUse[] = [];
  const events: ImageEvent[] = [];
  const registry = createRegistryClient({
    retries: { attempts: 3, firstDelay: 5, maxDelay: 20 },
    stallTimeout: 300,
    ...registryOptions,
  });
  const context = {
    images: createImageStore(records),
    layers,
    stacks: { ensureStack: async () => undefined, collectStacks: async () => undefined },
    blobs: createBlobStore(layout),
    registry,
    leases: createLeases(),
    fetches: createLayerFetches(),
    downloads: new Semaphore(3),
    platform: { os: 'linux', architecture: 'amd64' },
    logger: silentLogger,
    uses: () => uses,
    emit: (event: ImageEvent) => void events.push(event),
  };
  return {
    context,
    layers,
    uses,
    events,
    dataRoot: directory.path,
    leftovers: () => [layout.blobs, layout.layers, layout.tmp].flatMap((path) => readdirSync(path)),
    [Symbol.asyncDispose]: async () => {
      registry[Symbol.dispose]();
      records[Symbol.dispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}
