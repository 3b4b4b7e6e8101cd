import { chmodSync, chownSync, statSync } from 'node:fs';

/**
 * conmon gives /dev/null to a runtime that makes a container with a terminal, and crun gives it on to the user of the
 * container (until 1.23). To be called before the program starts: until then nobody is there to make use of it.
 */
export function restoreNull(): void {
  const { uid, gid, mode } = statSync('/dev/null');
  if (uid === 0 && gid === 0 && (mode & 0o7777) === 0o666) return;
  chownSync('/dev/null', 0, 0);
  chmodSync('/dev/null', 0o666);
}
