import { invalidArgument, messageOf, notFound, notImplemented } from '../../base/errors.ts';
import { parseDigest, type Digest } from '../../oci/digest.ts';
import { imageConfigSchema, type ImageConfig } from '../../oci/image-config.ts';
import { indexSchema, manifestSchema, type Descriptor, type Manifest } from '../../oci/manifest.ts';
import {
  DOCKER_CONFIG,
  DOCKER_LIST,
  layerCompression,
  OCI_CONFIG,
  OCI_INDEX,
} from '../../oci/media-types.ts';
import { formatPlatform, type Platform } from '../../oci/platform.ts';
import type { FetchedManifest } from '../../registry/fetch-manifest.ts';
import type { Repository } from '../../registry/registry-client.ts';
import { runsOn, selectPlatform } from '../../registry/select-platform.ts';
import type { PulledLayer } from './fetch-layer.ts';

export interface FoundImage {
  descriptor: FetchedManifest['descriptor'];
  bytes: Buffer;
  manifest: Manifest;
}

/** An index may point at an index; more levels than these are a loop or a joke. */
const MAX_DEPTH = 3;
const MAX_CONFIG = 4 * 1024 * 1024;

/** From what a reference names to the manifest of one platform's image. */
export async function selectManifest(
  fetched: FetchedManifest,
  repository: Repository,
  platform: Platform,
  name: string,
  signal: AbortSignal,
): Promise<FoundImage> {
  let current = fetched;
  for (let depth = 0; isIndex(current); depth += 1) {
    if (depth === MAX_DEPTH) throw invalidArgument(`${name}: indexes are nested too deeply`);
    const index = parse(indexSchema, current.json, `index of ${name}`);
    const entry = selectPlatform(index, platform, name);
    current = await repository.manifest(entry.digest, signal);
    if (current.descriptor.size !== entry.size)
      throw invalidArgument(
        `manifest ${entry.digest} of ${name} has the wrong size: ${entry.size} promised, ${current.descriptor.size} received`,
      );
  }
  const manifest = parse(manifestSchema, current.json, `manifest of ${name}`);
  checkConfigDescriptor(manifest, name);
  return { descriptor: current.descriptor, bytes: current.bytes, manifest };
}

function isIndex({ descriptor }: FetchedManifest): boolean {
  return descriptor.mediaType === OCI_INDEX || descriptor.mediaType === DOCKER_LIST;
}

function checkConfigDescriptor({ config, artifactType }: Manifest, name: string): void {
  if (config.mediaType !== OCI_CONFIG && config.mediaType !== DOCKER_CONFIG) {
    const kind = JSON.stringify(artifactType ?? config.mediaType);
    throw invalidArgument(`${name} is no container image: its config has the media type ${kind}`);
  }
  if (config.size > MAX_CONFIG)
    throw invalidArgument(`config ${config.digest} of ${name} is longer than ${MAX_CONFIG} bytes`);
}

/** @throws invalid-argument when the config does not fit the schema */
export function parseConfig(bytes: Buffer, config: Descriptor, name: string): ImageConfig {
  return parse(imageConfigSchema, parseJson(bytes, config), `config ${config.digest} of ${name}`);
}

/**
 * @param asked the platform that the user named, if any
 * @throws not-found when the image is for something else; not-implemented for one that is not for Linux
 */
export function checkPlatform(config: ImageConfig, asked: Platform | undefined, name: string): void {
  if (config.os !== 'linux')
    throw notImplemented(`${name} is an image for ${config.os}: only linux images run`);
  if (asked && !runsOn(config, asked))
    throw notFound(
      `${name} is an image for ${formatPlatform(config)}, not for ${formatPlatform(asked)} as asked`,
    );
}

/** Pairs the manifest's layers with the config's diffIDs (image-spec, config.md: `rootfs`). Bottom first. */
export function layersOf(manifest: Manifest, config: ImageConfig, name: string): PulledLayer[] {
  const diffIds = config.rootfs.diff_ids;
  if (diffIds.length !== manifest.layers.length)
    throw invalidArgument(
      `${name} is malformed: its manifest has ${manifest.layers.length} layers, its config ${diffIds.length} diffIDs`,
    );
  return manifest.layers.map((blob, position) => {
    const compression = layerCompression(blob.mediaType);
    if (!compression)
      throw invalidArgument(
        `layer ${blob.digest} of ${name} has the unknown media type ${JSON.stringify(blob.mediaType)}`,
      );
    return { blob, compression, diffId: diffIdAt(diffIds, position, name) };
  });
}

function diffIdAt(diffIds: readonly string[], position: number, name: string): Digest {
  try {
    return parseDigest(diffIds[position] ?? '');
  } catch (error) {
    throw invalidArgument(`diffID ${position} of ${name}: ${messageOf(error)}`, error);
  }
}

interface Schema<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false; error: { issues: Issue[] } };
}
interface Issue {
  path: PropertyKey[];
  message: string;
}

function parse<T>(schema: Schema<T>, json: unknown, what: string): T {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalidArgument(
    `${what} is malformed: ${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? 'unknown'}`,
  );
}

function parseJson(bytes: Buffer, config: Descriptor): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw invalidArgument(`config ${config.digest} is no JSON`, error);
  }
}
