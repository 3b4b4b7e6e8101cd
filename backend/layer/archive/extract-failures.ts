import {
  conflict,
  forbidden,
  internal,
  invalidArgument,
  messageOf,
  resourceExhausted,
  StrataError,
} from '../../base/errors.ts';
import { quoteName } from '../tar/malformed.ts';

/** Runs work for one entry of an archive; what the kernel refuses is thrown with the entry's name. */
export function namingExtracted<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof StrataError || !(error instanceof Error)) throw error;
    const code = 'code' in error ? String(error.code) : '';
    const what = `archive entry ${quoteName(name)}`;
    const reason = reasonOf(error);
    if (code === 'ENOSPC' || code === 'EDQUOT') throw resourceExhausted(`${what}: the disk is full`, error);
    if (code === 'EROFS') throw forbidden(`${what}: read-only file system`, error);
    if (code === 'EBUSY') throw conflict(`${what}: ${reason}`, error);
    if (OURS.has(code)) throw internal(`${what}: ${reason}`, error);
    throw invalidArgument(`${what}: ${reason}`, error);
  }
}

/** The machine's fault and not the archive's. */
const OURS = new Set(['', 'EIO', 'EMFILE', 'ENFILE', 'ENOMEM', 'ENOSYS', 'ESTALE']);

/** Without the paths of Node's message: they name descriptors of ours. */
function reasonOf(error: unknown): string {
  return (
    messageOf(error)
      .split(/, |: open /)[0]
      ?.slice(0, 300) ?? ''
  );
}
