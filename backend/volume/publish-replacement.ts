import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { publishCopy } from './publish-copy.ts';
import type { VolumePaths } from './volume-paths.ts';

/**
 * Takes everything out of a volume and puts a whole copy in its place. May be repeated after a crash at any point:
 * only when the volume is empty does the copy get the name by which its entries are moved in.
 */
export function publishReplacement(
  paths: Pick<VolumePaths, 'data' | 'ready' | 'replace'>,
  tmp: string,
): void {
  if (!existsSync(paths.replace)) return;
  const grave = join(tmp, `volume-${randomBytes(8).toString('hex')}`);
  mkdirSync(grave, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(paths.data, { encoding: 'buffer' }))
    renameSync(below(paths.data, name), below(grave, name));
  renameSync(paths.replace, paths.ready);
  publishCopy(paths);
  rmSync(grave, { recursive: true, force: true });
}

function below(directory: string, name: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${directory}/`), name]);
}
