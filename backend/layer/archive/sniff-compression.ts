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
  const foreign = foreignFilter(start);
  if (foreign)
    throw invalidArgument(
      `an archive compressed with ${foreign.program} does not belong in one that is compressed too`,
    );
  return 'none';
}

/** The program for what Node cannot decompress; null for everything else. */
export function foreignFilter(start: Buffer): { program: string; args: readonly string[] } | null {
  if (start.subarray(0, BZIP2.length).equals(BZIP2)) return { program: 'bzip2', args: ['-dc'] };
  if (start.subarray(0, XZ.length).equals(XZ))
    return { program: 'xz', args: ['-dc', '--threads=1', `--memlimit-decompress=${XZ_MEMORY}`] };
  return null;
}

const BZIP2 = Buffer.from('BZh');
const XZ = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]);
/** Its strongest preset needs 65 MiB; what asks for more wants to harm. */
const XZ_MEMORY = '256MiB';

const SKIPPABLE = Buffer.from([0x2a, 0x4d, 0x18]);
