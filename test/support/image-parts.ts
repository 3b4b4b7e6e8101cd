import { gzipSync, zstdCompressSync } from 'node:zlib';
import { digestOf, type Digest } from '../../backend/oci/digest.ts';
import type { Descriptor } from '../../backend/oci/manifest.ts';
import { tarOf, type TarEntry } from '../setup/images/tar-layer.ts';

export interface ImageParts {
  manifest: Buffer;
  manifestDigest: Digest;
  config: Buffer;
  configDigest: Digest;
  layers: { blob: Buffer; descriptor: Descriptor; diffId: Digest }[];
  /** Every blob by digest, config too. */
  blobs: Map<string, Buffer>;
}

export interface PartsRequest {
  layers: TarEntry[][];
  compression?: 'gzip' | 'zstd' | 'none';
  /** Laid over the manifest and the config, for malformed ones. */
  manifest?: object;
  config?: object;
  history?: object[];
}

const SUFFIX = { gzip: '+gzip', zstd: '+zstd', none: '' };

/** A small image, whole in memory. */
export async function makeImageParts(request: PartsRequest): Promise<ImageParts> {
  const compression = request.compression ?? 'gzip';
  const layers = [];
  for (const entries of request.layers) {
    const tar = Buffer.concat(await tarOf(entries).toArray());
    const compress = { gzip: gzipSync, zstd: zstdCompressSync, none: (bytes: Buffer) => bytes }[compression];
    const blob = compress(tar);
    const mediaType = `application/vnd.oci.image.layer.v1.tar${SUFFIX[compression]}`;
    layers.push({
      blob,
      diffId: digestOf(tar),
      descriptor: { mediaType, digest: digestOf(blob), size: blob.length },
    });
  }
  const config = json({
    architecture: 'amd64',
    os: 'linux',
    created: '2026-01-02T03:04:05Z',
    config: { Cmd: ['/bin/true'], Labels: { tier: 'test' } },
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: request.history ?? layers.map((_, at) => ({ created_by: `COPY ${at}` })),
    ...request.config,
  });
  const manifest = json({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      digest: digestOf(config),
      size: config.length,
    },
    layers: layers.map(({ descriptor }) => descriptor),
    ...request.manifest,
  });
  const blobs = new Map<string, Buffer>([
    [digestOf(config), config],
    ...layers.map(({ blob }): [string, Buffer] => [digestOf(blob), blob]),
  ]);
  return {
    manifest,
    manifestDigest: digestOf(manifest),
    config,
    configDigest: digestOf(config),
    layers,
    blobs,
  };
}

export function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
