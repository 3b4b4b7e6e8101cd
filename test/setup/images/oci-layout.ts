import { createHash, type Hash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

export interface LayerSource {
  /** What a builder would have written into the history. */
  instruction: string;
  /** An uncompressed tar stream. */
  tar: () => Readable;
}

export interface ImageSource {
  layers: readonly LayerSource[];
  /** The `config` part of the image configuration: Cmd, Env, … in OCI's spelling. */
  config: Record<string, unknown>;
}

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

/** All times in test images: the same source always gives the same digests. */
export const IMAGE_TIME = new Date('2026-01-01T00:00:00Z');
const CREATED = IMAGE_TIME.toISOString();

/** Writes an OCI image layout (image-layout.md of the image spec) with one image, tagged `latest`. */
export async function writeLayout(directory: string, image: ImageSource): Promise<void> {
  const blobs = join(directory, 'blobs', 'sha256');
  await mkdir(blobs, { recursive: true });
  const layers: Descriptor[] = [];
  const diffIds: string[] = [];
  for (const layer of image.layers) {
    const { descriptor, diffId } = await writeLayer(blobs, layer.tar());
    layers.push(descriptor);
    diffIds.push(diffId);
  }
  const config = await writeJson(blobs, 'application/vnd.oci.image.config.v1+json', {
    created: CREATED,
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    config: image.config,
    rootfs: { type: 'layers', diff_ids: diffIds },
    history: history(image),
  });
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = await writeJson(blobs, mediaType, { schemaVersion: 2, mediaType, config, layers });
  const tagged = { ...manifest, annotations: { 'org.opencontainers.image.ref.name': 'latest' } };
  await writeFile(join(directory, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  await writeFile(join(directory, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [tagged] }));
}

function history(image: ImageSource) {
  const made = image.layers.map(({ instruction }) => ({ created: CREATED, created_by: instruction }));
  const command = {
    created: CREATED,
    created_by: `CMD ${JSON.stringify(image.config['Cmd'])}`,
    empty_layer: true,
  };
  return image.config['Cmd'] === undefined ? made : [...made, command];
}

async function writeLayer(blobs: string, tar: Readable) {
  const plain = createHash('sha256');
  const packed = createHash('sha256');
  const temporary = join(blobs, 'layer.tmp');
  // Node's gzip header holds no time and no name: the digest depends on the content alone.
  await pipeline(
    tar,
    observe(plain),
    createGzip({ level: 6 }),
    observe(packed),
    createWriteStream(temporary),
  );
  const hex = packed.digest('hex');
  await rename(temporary, join(blobs, hex));
  const { size } = await stat(join(blobs, hex));
  const mediaType = 'application/vnd.oci.image.layer.v1.tar+gzip';
  const descriptor: Descriptor = { mediaType, digest: `sha256:${hex}`, size };
  return { descriptor, diffId: `sha256:${plain.digest('hex')}` };
}

function observe(hash: Hash): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
}

async function writeJson(blobs: string, mediaType: string, value: unknown): Promise<Descriptor> {
  const text = JSON.stringify(value);
  const hex = createHash('sha256').update(text).digest('hex');
  await writeFile(join(blobs, hex), text);
  return { mediaType, digest: `sha256:${hex}`, size: Buffer.byteLength(text) };
}
