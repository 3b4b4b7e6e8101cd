import type { Image } from '../../image/image-store.ts';
import type { Digest } from '../../oci/digest.ts';
import type { Platform } from '../../oci/platform.ts';
import {
  canonicalString,
  familiarName,
  familiarString,
  withDefaultTag,
  type Reference,
} from '../../oci/reference.ts';
import type { Credentials } from '../../registry/credentials.ts';
import type { Repository } from '../../registry/registry-client.ts';
import { sweep } from './collect-garbage.ts';
import { fetchLayer, type PulledLayer } from './fetch-layer.ts';
import type { ImageContext } from './image-context.ts';
import type { Lease } from './leases.ts';
import { layerProgress, type OnPullEvent } from './pull-progress.ts';
import { checkPlatform, layersOf, parseConfig, selectManifest, type FoundImage } from './read-image.ts';

export interface PullRequest {
  reference: Reference;
  /** As asked by the user; the daemon's own by default. */
  platform?: Platform | undefined;
  credentials?: Credentials | undefined;
  signal: AbortSignal;
}

/**
 * Pulls an image: reference → index → manifest → config → layers, several at once, each applied while it
 * arrives. The image is recorded when all of it is there; on failure nothing of it stays.
 */
export async function pullImage(
  context: ImageContext,
  request: PullRequest,
  onEvent: OnPullEvent,
): Promise<Image> {
  const reference = withDefaultTag(request.reference);
  const name = familiarString(reference);
  const { manifest: top, repository } = await context.registry.resolve(reference, request);
  onEvent({ kind: 'start', path: reference.path, tag: reference.digest ?? reference.tag ?? 'latest' });
  const platform = request.platform ?? context.platform;
  const found = await selectManifest(top, repository, platform, name, request.signal);

  const lease = context.leases.take();
  try {
    await lease.hold([found.descriptor.digest, ...blobsOf(found)]);
    const pulled = await fetchParts(context, request, { found, repository, lease, name }, onEvent);
    await context.stacks.ensureStack(pulled.diffIds);
    const references = referencesOf(reference, top.descriptor.digest);
    const fresh = !isRecorded(context, found.manifest.config.digest, references);
    context.images.put(pulled, references);
    context.emit({ type: 'image', action: 'pull', id: name, attributes: { name: familiarName(reference) } });
    onEvent({ kind: 'end', digest: top.descriptor.digest, reference: name, fresh });
    return context.images.resolve(pulled.id);
  } catch (error) {
    lease[Symbol.dispose]();
    await sweep(context, { layers: lease.digests(), blobs: lease.digests() });
    throw error;
  } finally {
    lease[Symbol.dispose]();
  }
}

interface Pull {
  found: FoundImage;
  repository: Repository;
  lease: Lease;
  name: string;
}

async function fetchParts(
  context: ImageContext,
  request: PullRequest,
  { found, repository, lease, name }: Pull,
  onEvent: OnPullEvent,
): Promise<Omit<Image, 'tags' | 'digests'>> {
  const { manifest, descriptor, bytes } = found;
  const { config: configBlob } = manifest;
  if (!context.blobs.has(configBlob.digest))
    await context.blobs.ingest(configBlob, repository.blob(configBlob, request.signal));
  const config = parseConfig(await context.blobs.read(configBlob.digest), configBlob, name);
  checkPlatform(config, request.platform, name);
  const layers = layersOf(manifest, config, name);
  const diffIds = layers.map(({ diffId }) => diffId);
  await lease.hold(diffIds);
  await fetchLayers(context, repository, layers, request.signal, onEvent);
  if (!context.blobs.has(descriptor.digest)) await context.blobs.ingest(descriptor, once(bytes));
  const size = diffIds.reduce((sum, diffId) => sum + context.layers.meta(diffId).size, 0);
  return { id: configBlob.digest, manifestDescriptor: descriptor, manifest, config, diffIds, size };
}

/** All layers at once; the first failure stops the others, and is the one that is told. */
async function fetchLayers(
  context: ImageContext,
  repository: Repository,
  layers: readonly PulledLayer[],
  signal: AbortSignal,
  onEvent: OnPullEvent,
): Promise<void> {
  const failure = new AbortController();
  const either = AbortSignal.any([signal, failure.signal]);
  const fetches = layers.map(async (layer) => {
    const progress = layerProgress(layer.blob.digest, onEvent);
    try {
      const work = fetchLayer(context, repository, layer);
      await context.fetches.run(layer.diffId, work, progress, either);
    } catch (error) {
      failure.abort(error);
      throw error;
    }
  });
  await Promise.allSettled(fetches);
  either.throwIfAborted();
}

function blobsOf({ manifest }: FoundImage): Digest[] {
  return [manifest.config.digest, ...manifest.layers.map(({ digest }) => digest)];
}

/** By tag, and by the digest of what the tag named, be it an index: what Docker calls a RepoDigest. */
function referencesOf({ domain, path, tag, digest }: Reference, resolved: Digest): Reference[] {
  const pinned: Reference = { domain, path, digest: resolved };
  return tag && !digest ? [{ domain, path, tag }, pinned] : [pinned];
}

function isRecorded({ images }: ImageContext, id: Digest, references: readonly Reference[]): boolean {
  const image = images.get(id);
  const names = new Set([...(image?.tags ?? []), ...(image?.digests ?? [])]);
  return image !== undefined && references.every((reference) => names.has(canonicalString(reference)));
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
