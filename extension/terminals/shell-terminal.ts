import { createTerminalExec, exitCodeOf, resizeExec, startTerminalExec } from '../client/exec.ts';
import type { Session } from '../client/session.ts';
import { showStreamTerminal } from './stream-terminal.ts';

/** The best shell that is there: bash where the image has it, else sh. */
const pickShell = ['/bin/sh', '-c', 'command -v bash >/dev/null 2>&1 && exec bash || exec sh'];

export function showShell(session: Session, container: string, name: string): void {
  const { api } = session;
  showStreamTerminal(name, 'terminal', async (signal) => {
    const exec = await createTerminalExec(api, container, pickShell);
    const stream = await startTerminalExec(api, exec, signal);
    return {
      stream,
      resize: (size) => resizeExec(api, exec, size),
      farewell: async () => farewellOf(await exitCodeOf(api, exec).catch(() => null)),
    };
  });
}

/** A shell that was left in order closes its terminal; 126 and 127 mean that there was none. */
function farewellOf(exitCode: number | null): string | undefined {
  if (exitCode === 0 || exitCode === 130) return undefined;
  if (exitCode === 126 || exitCode === 127) return 'This container has no shell (/bin/sh).';
  return exitCode === null ? 'The connection to the shell ended.' : `The shell ended with code ${exitCode}.`;
}
