import { invalidArgument, messageOf } from '../../base/errors.ts';
import { startFailureExitCode } from '../../runtime/start-failure.ts';

/** Words by which the docker CLI tells exit code 127 and 126 from 125: it reads the message, not the status. */
const NEEDED: Readonly<Record<number, RegExp>> = {
  126: /permission denied|is a directory/,
  127: /executable file not found|no such file or directory/,
};
const ADDED: Readonly<Record<number, string>> = {
  126: 'permission denied',
  127: 'no such file or directory',
};

/**
 * The failure of a start as Docker tells it. A program that cannot be run is the request's fault (400);
 * everything else stays what it was.
 */
export function startFailure(error: unknown): { error: unknown; exitCode: number } {
  const message = messageOf(error);
  const exitCode = startFailureExitCode(message);
  if (exitCode === 125) return { error, exitCode };
  // crun prints the errno's text as libc has it, with a capital letter; Go's is lower case.
  const lower = goWords(message).replaceAll(
    /No such file or directory|Permission denied|Is a directory/g,
    (text) => text.toLowerCase(),
  );
  const text = NEEDED[exitCode]?.test(lower) ? lower : `${lower}: ${ADDED[exitCode] ?? ''}`;
  return { error: invalidArgument(text, error), exitCode };
}

/** Clients look for Docker's sentence about a missing program; crun puts the name into the middle of it. */
function goWords(message: string): string {
  return message.replace(
    /executable file `(.*?)` not found( in \$PATH)?/,
    (_text, name: string, where = '') => `exec: "${name}": executable file not found${String(where)}`,
  );
}
