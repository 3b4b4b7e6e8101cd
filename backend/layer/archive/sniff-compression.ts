import { invalidArgument } from '../../base/errors.ts';
import type { Compression } from '../../oci/media-types.ts';

/** Bytes that are enough to tell. */
export const SNIFFED = 6;

/** How an archive that comes without a word about it is compressed, by its first bytes. @throws invalid-argument */
export function sniffCompression(start: Buffer): Compression {
  const has = (...bytes: number[]): boolean => bytes.every((byte, at) => start[at] === byte);
  if (has(0x1f, 0x8b, 0x08)) return 'gzip';
  if (has(0x28, 0xb5, 0x2f, 0xfd)) return 'zstd';
  // A skippable frame may come first; its last half byte is the application's own.
  if (((start[0] ?? 0) & 0xf0) === 0x50 && start.subarray(1, 4).equals(SKIPPABLE)) return 'zstd';
  if (has(0x42, 0x5a, 0x68)) throw unsupported('bzip2');
  if (has(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00)) throw unsupported('xz');
  return 'none';
}

const SKIPPABLE = Buffer.from([0x2a, 0x4d, 0x18]);

function unsupported(name: string): Error {
  return invalidArgument(
    `archives compressed with ${name} are not supported: send it plain, or compressed with gzip or zstd`,
  );
}
