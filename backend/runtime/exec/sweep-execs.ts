import { readdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { execBundle, type BundlePaths } from '../conmon/bundle-paths.ts';
import { processEnd } from '../container/exit-watches.ts';
import type { RuntimeContext } from '../context.ts';
import { findProcesses } from '../monitor-state.ts';

/**
 * Execs of an earlier daemon: their clients are gone, their commands go on. What is left of each goes as soon as
 * its monitor has.
 */
export async function sweepExecs({ layout, logger }: RuntimeContext, containerId: string): Promise<void> {
  const parent = dirname(execBundle(layout, containerId, 'any').directory);
  for (const execId of await readdir(parent).catch(() => [])) {
    const bundle = execBundle(layout, containerId, execId);
    removeWithMonitor(bundle, containerId).catch((error: unknown) =>
      logger.warn({ exec: execId, error: String(error) }, 'cannot remove what an exec left'),
    );
  }
}

async function removeWithMonitor(bundle: BundlePaths, containerId: string): Promise<void> {
  await processEnd(findProcesses(bundle, containerId).conmon);
  await rm(bundle.directory, { recursive: true, force: true });
}
