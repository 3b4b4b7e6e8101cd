import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { extract } from 'tar-stream';
import { invalidArgument, notFound } from '../../backend/base/errors.ts';
import type { LayerEntry, LayerIndex } from '../../backend/layer/layer-index.ts';
import type { ApplyRequest, LayerMeta, LayerStore } from '../../backend/layer/layer-store.ts';
import { digestOf, type Digest } from '../../backend/oci/digest.ts';

export interface MemoryLayerStore extends LayerStore {
  applies: number;
  /** Applies that have begun and not ended. */
  underway: number;
}

/** Layers without a disk and without root, for tests of what stands above them. */
export function createMemoryLayerStore(): MemoryLayerStore {
  const layers = new Map<Digest, { meta: LayerMeta; index: LayerIndex; files: Map<string, Buffer> }>();
  const stored = (diffId: Digest) => {
    const layer = layers.get(diffId);
    if (!layer) throw notFound(`no such layer: ${diffId}`);
    return layer;
  };
  const store: MemoryLayerStore = {
    applies: 0,
    underway: 0,
    has: (diffId) => layers.has(diffId),
    meta: (diffId) => stored(diffId).meta,
    index: async (diffId) => stored(diffId).index,
    open: async (diffId, path) => {
      const content = stored(diffId).files.get(path);
      if (!content) throw notFound(`no such file in layer ${diffId}: ${path}`);
      return Readable.from([content]);
    },
    remove: async (diffId) => void layers.delete(diffId),
    list: () => [...layers.values()].map(({ meta }) => meta),
    apply: async (request) => {
      store.applies += 1;
      store.underway += 1;
      try {
        const tar = await decompressed(request);
        if (digestOf(tar) !== request.diffId)
          throw invalidArgument(`layer ${request.diffId} has another diffID`);
        const { entries, files } = await readTar(tar);
        const size = entries.reduce((sum, entry) => sum + entry.size, 0);
        const meta = { diffId: request.diffId, size, files: entries.length };
        layers.set(request.diffId, { meta, index: { diffId: request.diffId, entries }, files });
        return meta;
      } finally {
        store.underway -= 1;
      }
    },
  };
  return store;
}

async function decompressed({ source, compression, signal }: ApplyRequest): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const collect = async (stream: AsyncIterable<Buffer>) => {
    for await (const chunk of stream) chunks.push(chunk);
  };
  const options = signal ? { signal } : {};
  if (compression === 'none') await pipeline(source, collect, options);
  else
    await pipeline(
      source,
      compression === 'gzip' ? createGunzip() : createZstdDecompress(),
      collect,
      options,
    );
  return Buffer.concat(chunks);
}

async function readTar(tar: Buffer): Promise<{ entries: LayerEntry[]; files: Map<string, Buffer> }> {
  const entries: LayerEntry[] = [];
  const files = new Map<string, Buffer>();
  const reader = extract();
  const done = (async () => {
    for await (const entry of reader) {
      const { header } = entry;
      const chunks: Buffer[] = [];
      for await (const chunk of entry as AsyncIterable<Buffer>) chunks.push(chunk);
      const content = Buffer.concat(chunks);
      const path = header.name.replace(/\/$/, '');
      const type = header.type === 'directory' ? 'directory' : 'file';
      entries.push({ path, type, mode: header.mode ?? 0, uid: 0, gid: 0, size: content.length, mtime: 0 });
      if (type === 'file') files.set(path, content);
    }
  })();
  reader.end(tar);
  await done;
  entries.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { entries, files };
}
