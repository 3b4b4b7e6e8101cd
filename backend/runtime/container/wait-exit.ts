import { existsSync } from 'node:fs';
import { notFound } from '../../base/errors.ts';
import { containerBundle } from '../conmon/bundle-paths.ts';
import type { RuntimeContext } from '../context.ts';
import type { ExitStatus } from '../runtime.ts';

/** The container's exit; an abort of `signal` ends this wait alone, not the watch that others share. */
export async function waitExit(
  { layout, exits }: RuntimeContext,
  id: string,
  signal?: AbortSignal,
): Promise<ExitStatus> {
  signal?.throwIfAborted();
  if (!existsSync(containerBundle(layout, id).directory))
    throw notFound(`container ${id} has not been created`);
  const exit = exits.of(id);
  if (!signal) return exit;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([exit, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
