import { spawn } from 'node:child_process';
import { waitFor } from './wait-for.ts';

export interface Terminal extends AsyncDisposable {
  type(text: string): void;
  /** Everything that has appeared so far. */
  screen(): string;
  /** Waits until the screen holds a text. */
  sees(text: string | RegExp, timeout?: number): Promise<void>;
  /** The program's exit code, once it has ended. */
  ended(timeout?: number): Promise<number>;
}

const quote = (word: string) => `'${word.replaceAll("'", String.raw`'\''`)}'`;

/** Runs a program on a real pseudo-terminal, made by util-linux's `script`. */
export function openTerminal(command: readonly string[], env: NodeJS.ProcessEnv): Terminal {
  const line = command.map(quote).join(' ');
  const child = spawn('script', ['--quiet', '--return', '--flush', '--command', line, '/dev/null'], {
    env: { ...env, TERM: 'xterm' },
    stdio: 'pipe',
  });
  let screen = '';
  let code: number | null = null;
  child.stdout.on('data', (chunk: Buffer) => (screen += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (screen += chunk.toString()));
  child.stdin.on('error', () => undefined);
  child.once('exit', (exitCode) => (code = exitCode ?? 137));
  const shows = (text: string | RegExp) =>
    typeof text === 'string' ? screen.includes(text) : text.test(screen);
  return {
    type: (text) => void child.stdin.write(text),
    screen: () => screen,
    sees: async (text, timeout = 10_000) => {
      await waitFor(`${String(text)} on the screen`, () => shows(text), { timeout }).catch(
        (error: unknown) => {
          throw new Error(`${String(error)}; the screen shows: ${JSON.stringify(screen)}`);
        },
      );
    },
    ended: async (timeout = 10_000) => {
      await waitFor('the end of the program', () => code !== null, { timeout });
      return code ?? -1;
    },
    [Symbol.asyncDispose]: async () => {
      if (code === null) child.kill('SIGKILL');
    },
  };
}
