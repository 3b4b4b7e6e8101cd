import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DirectoryWatch } from './directory-watch.ts';
import { rotateLog, sizeOf, type RotatedLog } from './rotate-log.ts';

/** Milliseconds between two looks at a file that grows. */
const SHORTEST_PAUSE = 20;
const LONGEST_PAUSE = 1000;
/** After so long without growth nothing is looked at any more until the kernel tells of a change. */
const PATIENCE = 2000;

/**
 * Rotates a log while its container runs, until the signal aborts. A quiet log costs nothing; a growing one is
 * looked at the more often the nearer its limit comes.
 */
export async function keepRotating(log: RotatedLog, signal: AbortSignal): Promise<void> {
  for (;;) {
    const size = await rotateWhileGrowing(log, signal);
    if (signal.aborted) return;
    await growth(log.path, size, signal);
  }
}

/** Until the file has another size. Nobody watches while it grows: the kernel would tell of every line. */
async function growth(path: string, size: number, signal: AbortSignal): Promise<void> {
  using watch = new DirectoryWatch(dirname(path));
  const onAbort = (): void => watch.notify();
  signal.addEventListener('abort', onAbort, { once: true });
  while (((await sizeOf(path)) ?? 0) === size) {
    if (signal.aborted) break;
    await watch.changed(Infinity);
  }
  signal.removeEventListener('abort', onAbort);
}

/** @returns the size of the file that has not grown for a while */
async function rotateWhileGrowing(log: RotatedLog, signal: AbortSignal): Promise<number> {
  let last = 0;
  let pause = SHORTEST_PAUSE;
  for (let quiet = 0; quiet < PATIENCE; quiet += pause) {
    const size = await sizeOf(log.path);
    if (size === null || size >= log.policy.maxSize) await rotateLog(log);
    const grown = (size ?? 0) - last;
    last = size ?? 0;
    if (grown !== 0) quiet = 0;
    pause = nextPause(grown, log.policy.maxSize - last, pause);
    await sleep(pause, undefined, { signal, ref: false }).catch(() => undefined);
    if (signal.aborted) break;
  }
  return last;
}

/** Half the time in which the limit would be reached at this speed. */
function nextPause(grown: number, left: number, pause: number): number {
  const wanted = grown > 0 ? (left / grown) * (pause / 2) : pause * 2;
  return Math.min(LONGEST_PAUSE, Math.max(SHORTEST_PAUSE, wanted));
}
