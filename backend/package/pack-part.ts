import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';

export interface PartFile {
  name: string;
  path: string;
  mode: number;
}

export interface PackedPart {
  digest: string;
  file: string;
  size: number;
}

/**
 * One part of the agent as a `.tar.gz` that is named by its digest. The same files give the same bytes:
 * sorted names, no times, no owners, no time in the gzip header.
 */
export async function packPart(
  directory: string,
  kind: string,
  meta: object,
  files: readonly PartFile[],
): Promise<PackedPart> {
  const temporary = join(directory, `.${kind}.tar.gz`);
  const tar = pack();
  const writing = pipeline(tar, createGzip({ level: 9 }), createWriteStream(temporary));
  const epoch = new Date(0);
  tar.entry({ name: 'part.json', mode: 0o644, mtime: epoch }, `${JSON.stringify(meta)}\n`);
  for (const { name, path, mode } of files.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const { size } = await stat(path);
    await pipeline(createReadStream(path), tar.entry({ name, size, mode, mtime: epoch }));
  }
  tar.finalize();
  await writing;
  await flush(temporary);
  const digest = await digestOf(temporary);
  const file = `${kind}-${digest.slice(0, 16)}.tar.gz`;
  await rename(temporary, join(directory, file));
  return { digest, file, size: (await stat(join(directory, file))).size };
}

export async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

async function flush(path: string): Promise<void> {
  const file = await open(path, 'r+');
  await file.sync();
  await file.close();
}
