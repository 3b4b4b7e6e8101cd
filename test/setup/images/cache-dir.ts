import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** What is slow to make (images, peers, the editor) lies here, by version, outside of `node_modules`. */
export const CACHE_ROOT = process.env['STRATA_DEV_CACHE'] ?? join(homedir(), '.cache', 'strata-dev');

export const cachePath = (...parts: string[]): string => join(CACHE_ROOT, ...parts);

/**
 * Returns the path of something in the cache, made now when it is missing. It is made under another name
 * and renamed when whole, so a run that was broken off leaves nothing that looks finished.
 */
export async function cached(name: string, make: (directory: string) => Promise<void>): Promise<string> {
  const path = cachePath(name);
  if (await exists(path)) return path;
  await mkdir(dirname(path), { recursive: true });
  const making = await mkdtemp(`${path}.making-`);
  try {
    await make(making);
    await rename(making, path);
  } catch (error) {
    await rm(making, { recursive: true, force: true });
    // Somebody else may have been faster: two test runs at once.
    if (!(await exists(path))) throw error;
  }
  return path;
}

export function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
