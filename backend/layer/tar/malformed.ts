import { invalidArgument, type StrataError } from '../../base/errors.ts';
import { showName } from '../byte-names.ts';

/** The archive breaks the format's rules at, or in what follows, the entry with this name (a byte string). */
export function malformed(name: string, reason: string, cause?: unknown): StrataError {
  return invalidArgument(`layer entry ${quoteName(name)}: ${reason}`, cause);
}

/** A hostile name goes into messages and logs: control characters are escaped and the length is bounded. */
export function quoteName(name: string): string {
  const shown = showName(name);
  return JSON.stringify(shown.length > 300 ? `${shown.slice(0, 300)}…` : shown);
}
