import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';

export interface TempDir extends AsyncDisposable {
  readonly path: string;
}

/**
 * A directory that goes away with its scope. Under /var/tmp by default: a real file system,
 * because overlayfs takes no upper directory on every tmpfs. Paths stay short, as unix sockets lie in it.
 */
export async function makeTempDir(prefix = 'strata-', parent = '/var/tmp'): Promise<TempDir> {
  const path = await mkdtemp(join(parent, prefix));
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      await rm(path, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
