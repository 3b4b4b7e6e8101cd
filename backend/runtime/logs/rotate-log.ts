import { rename, stat, unlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { isErrno } from '../../base/errors.ts';
import { compressLog } from './compressed-log.ts';
import { logFiles } from './log-files.ts';
import type { RotationPolicy } from './rotation-policy.ts';

export interface RotatedLog {
  path: string;
  policy: RotationPolicy;
  /** Makes the monitor open `path` anew. */
  reopen: () => Promise<void>;
}

/** Milliseconds for the monitor to come to its control pipe: it is one loop with the container's output. */
const REOPEN_PATIENCE = 5000;
const REOPEN_PAUSE = 5;

/**
 * Begins a new file. Files are renamed only, until the monitor writes to the new one: whenever the daemon dies,
 * every line is in a file that is found again, and the next call goes on where this one ended.
 */
export async function rotateLog({ path, policy, reopen }: RotatedLog): Promise<void> {
  const size = await sizeOf(path);
  // A rotation that was cut short: the file has its new name, and the monitor still writes to it.
  if (size !== null && size >= policy.maxSize) await shiftNames(path);
  else if (size !== null) return;
  await reopen();
  if (!(await isThere(path))) return;
  for (const file of await logFiles(path)) {
    if (file.number >= policy.maxFiles) await unlinkIfThere(file.name);
    else if (file.number > 0 && policy.compress && !file.compressed) await compressLog(file.name);
  }
}

/** `<path>.2` becomes `<path>.3`, …, the written one `<path>.1`. */
async function shiftNames(path: string): Promise<void> {
  for (const { name, number, compressed } of await logFiles(path))
    await rename(name, `${path}.${number + 1}${compressed ? '.gz' : ''}`);
}

async function isThere(path: string): Promise<boolean> {
  for (let waited = 0; waited < REOPEN_PATIENCE; waited += REOPEN_PAUSE) {
    if ((await sizeOf(path)) !== null) return true;
    await sleep(REOPEN_PAUSE);
  }
  return false;
}

/** Null when there is no such file. */
export async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null;
    throw error;
  }
}

async function unlinkIfThere(name: string): Promise<void> {
  await unlink(name).catch((error: unknown) => {
    if (!isErrno(error, 'ENOENT')) throw error;
  });
}
