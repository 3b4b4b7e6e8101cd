import { createReadStream, createWriteStream } from 'node:fs';
import { open, rename, rm, unlink, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { randomUUID } from 'node:crypto';
import { isErrno } from '../../base/errors.ts';

/** Packs a rotated file. It is there under one of both names at any moment. */
export async function compressLog(name: string): Promise<void> {
  const making = `${name}.gz.making`;
  try {
    await pipeline(
      createReadStream(name),
      // The fastest level: logs are text, and the daemon has other things to do.
      createGzip({ level: 1 }),
      createWriteStream(making, { mode: 0o600, flush: true }),
    );
    await rename(making, `${name}.gz`);
    await unlink(name);
  } catch (error) {
    await rm(making, { force: true });
    // Removed with its container meanwhile.
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}

/** The records of a packed file in a file without a name: readers seek, and hold no more than a block in memory. */
export async function decompressed(packed: FileHandle): Promise<FileHandle> {
  const name = join(tmpdir(), `strata-log-${randomUUID()}`);
  const plain = await open(name, 'wx+', 0o600);
  await unlink(name);
  try {
    const source = packed.createReadStream({ autoClose: false, start: 0 });
    await pipeline(source, createGunzip(), (chunks: AsyncIterable<Buffer>) => writeAll(plain, chunks));
    return plain;
  } catch (error) {
    await plain.close();
    throw error;
  }
}

async function writeAll(file: FileHandle, chunks: AsyncIterable<Buffer>): Promise<void> {
  for await (const chunk of chunks) await file.writeFile(chunk);
}
