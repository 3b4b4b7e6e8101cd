import { codeOf, messageOf, StrataError } from '../../base/errors.ts';
import { startFailure } from '../containers/start-failure.ts';

/** Docker's exit code of a command that could not be run for whatever reason but that it is missing. */
export const CANNOT_RUN = 126;
const MISSING = 127;

/**
 * The runtime's refusal to run a command, as Docker tells it: 127 for what is missing, the working directory
 * included, 126 for the rest.
 */
export function execFailure(cause: unknown): { error: unknown; exitCode: number } {
  const { error } = startFailure(cause);
  const words = messageOf(error);
  return {
    error: new StrataError(
      codeOf(error),
      `OCI runtime exec failed: exec failed: unable to start container process: ${words}`,
      cause,
    ),
    exitCode: /executable file not found|no such file or directory/i.test(words) ? MISSING : CANNOT_RUN,
  };
}
