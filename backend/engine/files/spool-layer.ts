import { createHash, randomBytes, type Hash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { foreignFilter, sniffCompression } from '../../layer/archive/sniff-compression.ts';
import { createDecompressor } from '../../layer/worker/decompress.ts';
import { finishDigest, type Digest } from '../../oci/digest.ts';
import type { Compression } from '../../oci/media-types.ts';
import { joined, peek, withoutForeign } from './plain-archive.ts';

/** A layer's archive on its way into the stores. */
export interface SpooledLayer extends AsyncDisposable {
  path: string;
  /** Of the file. */
  digest: Digest;
  size: number;
  compression: Exclude<Compression, 'none'>;
  /** Of the archive in it. */
  diffId: Digest;
  /** Bytes of the archive. */
  length: number;
}

/** Fast: a layer that somebody has just made is more often run than sent. */
const GZIP_LEVEL = 1;

/**
 * Writes an archive to a temporary file in the form that its blob will have: as it is where it is compressed, else
 * with gzip. What a crash leaves of it is deleted by the next start of the blob store.
 * @throws invalid-argument for a compression that we do not know, and for damaged streams
 */
export async function spoolLayer(tmp: string, source: Readable, signal: AbortSignal): Promise<SpooledLayer> {
  const path = join(tmp, `blob-new-${randomBytes(8).toString('hex')}`);
  const remove = (): Promise<void> => rm(path, { force: true });
  try {
    const { start, rest } = await peek(source);
    const compression = foreignFilter(start) ? 'none' : sniffCompression(start);
    const archive = new Measure();
    const file = new Measure();
    const chunks = withoutForeign(start, joined(start, rest), signal);
    const target = createWriteStream(path, { flags: 'wx', mode: 0o600 });
    if (compression === 'none') {
      const gzip = createGzip({ level: GZIP_LEVEL });
      await pipeline(chunks, archive.tap, gzip, file.tap, target, { signal });
    } else
      await pipeline(chunks, file.tap, (bytes) => decompressed(bytes, compression, archive), target, {
        signal,
      });
    return {
      path,
      digest: finishDigest(file.hash),
      size: file.bytes,
      compression: compression === 'none' ? 'gzip' : compression,
      diffId: finishDigest(archive.hash),
      length: archive.bytes,
      [Symbol.asyncDispose]: remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

class Measure {
  readonly hash: Hash = createHash('sha256');
  bytes = 0;

  take(chunk: Buffer): void {
    this.hash.update(chunk);
    this.bytes += chunk.length;
  }

  readonly tap = (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> => this.#tap(chunks);

  async *#tap(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      this.take(chunk);
      yield chunk;
    }
  }
}

/** Passes the bytes on while it looks at what is in them. */
async function* decompressed(
  chunks: AsyncIterable<Buffer>,
  compression: Compression,
  archive: Measure,
): AsyncGenerator<Buffer> {
  const decompressor = createDecompressor(compression, (bytes) => archive.take(bytes));
  try {
    for await (const chunk of chunks) {
      await decompressor.write(chunk);
      yield chunk;
    }
    await decompressor.end();
  } finally {
    decompressor.destroy();
  }
}
