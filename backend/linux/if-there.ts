import { isErrno } from '../base/errors.ts';

/** Undefined for what has gone, or has become something else, since its name was read. */
export function ifThere<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'ESTALE', 'ENXIO'].some((code) => isErrno(error, code)))
      return undefined;
    throw error;
  }
}
