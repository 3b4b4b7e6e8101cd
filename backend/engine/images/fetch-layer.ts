import { PassThrough, Readable } from 'node:stream';
import { messageOf } from '../../base/errors.ts';
import type { Semaphore } from '../../base/semaphore.ts';
import type { Digest } from '../../oci/digest.ts';
import type { Descriptor } from '../../oci/manifest.ts';
import type { Compression } from '../../oci/media-types.ts';
import type { Repository } from '../../registry/registry-client.ts';
import type { ImageContext } from './image-context.ts';
import type { FetchLayer } from './layer-fetches.ts';
import type { LayerProgress } from './pull-progress.ts';

export interface PulledLayer {
  blob: Descriptor;
  diffId: Digest;
  compression: Compression;
}

/** Bytes of one layer that may wait between the registry and the apply. */
const BUFFER = 4 * 1024 * 1024;

/** Brings one layer into the layer store: from there, from its kept blob, or from the registry. */
export function fetchLayer(context: ImageContext, repository: Repository, layer: PulledLayer): FetchLayer {
  return async (progress, signal) => {
    if (context.layers.has(layer.diffId)) return progress.phase('exists');
    progress.phase('pulling');
    const applied = await applyKeptBlob(context, layer, progress, signal);
    if (!applied) await download(context, repository, layer, progress, signal);
    progress.phase('complete');
  };
}

/** A blob may be kept while its layer is not: then the network is not asked. */
async function applyKeptBlob(
  context: ImageContext,
  { blob, diffId, compression }: PulledLayer,
  progress: LayerProgress,
  signal: AbortSignal,
): Promise<boolean> {
  if (!context.blobs.has(blob.digest)) return false;
  const bytes = counted(context.blobs.open(blob.digest), (count) =>
    progress.count('extracting', count, blob.size),
  );
  try {
    await context.layers.apply({ source: Readable.from(bytes), compression, diffId, signal });
    return true;
  } catch (error) {
    signal.throwIfAborted();
    // A disk may have spoilt it; the registry's copy decides whether the layer itself is bad.
    context.logger.warn({ blob: blob.digest, error: messageOf(error) }, 'kept blob is fetched again');
    await context.blobs.remove(blob.digest);
    return false;
  }
}

async function download(
  context: ImageContext,
  repository: Repository,
  layer: PulledLayer,
  progress: LayerProgress,
  signal: AbortSignal,
): Promise<void> {
  const { applying } = await takeTurn(context.downloads, signal, () =>
    downloadWhileApplying(context, repository, layer, progress, signal),
  );
  progress.phase('downloaded');
  progress.phase('extracting');
  try {
    await applying;
  } catch (error) {
    await context.blobs.remove(layer.blob.digest);
    throw error;
  }
}

/** Resolves with the apply's own end once the blob is whole, so that another download may start meanwhile. */
async function downloadWhileApplying(
  context: ImageContext,
  repository: Repository,
  { blob, diffId, compression }: PulledLayer,
  progress: LayerProgress,
  signal: AbortSignal,
): Promise<{ applying: Promise<unknown> }> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const source = new PassThrough({ highWaterMark: BUFFER });
  // An error of the source is told by who made it.
  source.on('error', () => undefined);
  const applying = context.layers.apply({ source, compression, diffId, signal: either });
  applying.catch((error: unknown) => {
    stop.abort(error);
    source.destroy();
  });
  const bytes = counted(repository.blob(blob, either), (count) => {
    progress.count('downloading', count, blob.size);
    if (count === blob.size) progress.phase('verifying');
  });
  try {
    await context.blobs.ingest(blob, bytes, source);
    return { applying };
  } catch (error) {
    const failedApply = stop.signal.aborted;
    stop.abort(error);
    // The apply removes what it wrote before it ends; the state of before is there only then.
    await Promise.allSettled([applying]);
    throw failedApply ? stop.signal.reason : error;
  }
}

async function* counted(
  source: AsyncIterable<Uint8Array>,
  onCount: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let count = 0;
  for await (const chunk of source) {
    count += chunk.length;
    onCount(count);
    yield chunk;
  }
}

/** One who is aborted while waiting for its turn goes at once; the turn then finds nothing to do. */
async function takeTurn<T>(turns: Semaphore, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  let started = false;
  const turn = turns.run(async () => {
    signal.throwIfAborted();
    started = true;
    return await work();
  });
  return await new Promise<T>((resolve, reject) => {
    const onAbort = (): void => {
      if (!started) reject(signal.reason as Error);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    turn.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
