import { internal, messageOf, resourceExhausted, StrataError } from '../../base/errors.ts';
import { malformed, quoteName } from '../tar/malformed.ts';

/** The machine's fault and not the layer's. */
const OURS = new Set(['EIO', 'EROFS', 'EMFILE', 'ENFILE', 'ENOMEM', 'EPERM', 'EACCES', 'ENOSYS', 'ESTALE']);
const FULL = new Set(['ENOSPC', 'EDQUOT']);

/** Runs work for one entry; what the kernel refuses is thrown with the entry's name and the right code. */
export function nameFailures<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof StrataError || !(error instanceof Error)) throw error;
    const code = 'code' in error ? String(error.code) : '';
    const reason = `cannot be made: ${messageOf(error)}`;
    if (FULL.has(code)) throw resourceExhausted(`layer entry ${quoteName(name)}: the disk is full`, error);
    if (OURS.has(code) || code === '')
      throw internal(`layer entry ${quoteName(name)}: ${reason.slice(0, 300)}`, error);
    throw malformed(name, reason.slice(0, 300), error);
  }
}
