import { once } from 'node:events';
import { constants, createGunzip, createZstdDecompress } from 'node:zlib';
import type { Gunzip, ZstdDecompress } from 'node:zlib';
import { invalidArgument, messageOf, StrataError } from '../../base/errors.ts';
import type { Compression } from '../../oci/media-types.ts';
import { ZstdFrames } from './zstd-frames.ts';

/** Turns the bytes of a blob into those of the tar. `write` waits until all that it was given is used up. */
export interface Decompressor {
  write(chunk: Buffer): Promise<void>;
  end(): Promise<void>;
  destroy(): void;
}

const OUTPUT_CHUNK = 256 * 1024;
/** The largest window that the zstd format's recommended decoders accept is 8 MiB; images use up to 128 MiB. */
const ZSTD_WINDOW_LOG = 27;

export function createDecompressor(compression: Compression, onData: (chunk: Buffer) => void): Decompressor {
  if (compression === 'none') return plain(onData);
  if (compression === 'gzip') return streaming(createGunzip({ chunkSize: OUTPUT_CHUNK }), onData, whole);
  const frames = new ZstdFrames();
  const params = { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG };
  const zstd = createZstdDecompress({ chunkSize: OUTPUT_CHUNK, params });
  return streaming(zstd, onData, (chunk) => frames.cut(chunk));
}

function plain(onData: (chunk: Buffer) => void): Decompressor {
  return {
    write: async (chunk) => onData(chunk),
    end: async () => undefined,
    destroy: () => undefined,
  };
}

function* whole(chunk: Buffer): Generator<Buffer> {
  yield chunk;
}

function streaming(
  stream: Gunzip | ZstdDecompress,
  onData: (chunk: Buffer) => void,
  cut: (chunk: Buffer) => Iterable<Buffer>,
): Decompressor {
  let failure: unknown;
  // The stream decompresses on the thread pool while this thread writes what came out before.
  stream.on('data', (chunk: Buffer) => {
    try {
      if (failure === undefined) onData(chunk);
    } catch (error) {
      failure = error;
      stream.destroy(error instanceof Error ? error : undefined);
    }
  });
  stream.on('error', (error) => {
    failure ??=
      error instanceof StrataError ? error : invalidArgument(`layer is damaged: ${error.message}`, error);
  });
  const check = (): void => {
    if (failure !== undefined) throw failure instanceof Error ? failure : new Error(messageOf(failure));
  };
  return {
    write: async (chunk) => {
      for (const piece of cut(chunk)) {
        check();
        await new Promise<void>((resolve) => stream.write(piece, () => resolve()));
      }
      check();
    },
    end: async () => {
      check();
      const ended = once(stream, 'end').catch(() => undefined);
      stream.end();
      await ended;
      check();
    },
    destroy: () => void stream.destroy(),
  };
}
