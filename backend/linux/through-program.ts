import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { messageOf, StrataError } from '../base/errors.ts';

/** A program that reads standard input and writes standard output. */
export interface Filter {
  program: string;
  args: readonly string[];
}

/** What a program says is kept up to here. */
const MAX_SAID = 4096;
const NOBODY = 65_534;

/**
 * The bytes of `source` as the program turns them; no more of them are under way than the pipes hold. The program
 * runs as nobody, who owns nothing, and is dead when the generator has ended or the signal has aborted.
 * @throws FilterFailed when it ends with another code than 0; ENOENT or EACCES when nobody finds it; what `source` throws
 */
export async function* throughProgram(
  { program, args }: Filter,
  source: AsyncIterable<Buffer>,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  signal.throwIfAborted();
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    cwd: '/',
    // Its own variables could change what it does, and tell what the daemon was given.
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
    ...(process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}),
  });
  const kill = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  const ended = endOf(child);
  const feeding = new Feeding(source, child.stdin, kill);
  try {
    for await (const chunk of child.stdout) yield chunk as Buffer;
    const failure = await ended;
    signal.throwIfAborted();
    feeding.throwIfFailed();
    if (failure) throw failure;
  } finally {
    signal.removeEventListener('abort', kill);
    kill();
  }
}

/** The program does not take what it was given. */
export class FilterFailed extends StrataError {
  constructor(program: string, said: string) {
    super('invalid-argument', `${program}: ${said}`);
  }
}

/** Null after a success. */
async function endOf(child: ChildProcess): Promise<Error | null> {
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(0, MAX_SAID);
  });
  try {
    const [code, by] = (await once(child, 'close')) as [number | null, string | null];
    if (code === 0) return null;
    return new FilterFailed(child.spawnfile, said.trim() || `ended with ${by ?? `exit code ${code}`}`);
  } catch (error) {
    return error instanceof Error ? error : new Error(messageOf(error));
  }
}

/** Carries the source to the program. A program that has ended needs no more of it. */
class Feeding {
  #failure: unknown = null;

  constructor(source: AsyncIterable<Buffer>, target: Writable, kill: () => void) {
    target.on('error', () => undefined);
    this.#feed(source, target).catch((error: unknown) => {
      this.#failure = error;
      kill();
    });
  }

  async #feed(source: AsyncIterable<Buffer>, target: Writable): Promise<void> {
    const gone = once(target, 'close').catch(() => undefined);
    for await (const chunk of source) {
      if (target.destroyed) return;
      if (!target.write(chunk)) await Promise.race([once(target, 'drain').catch(() => undefined), gone]);
    }
    target.end();
  }

  throwIfFailed(): void {
    if (this.#failure !== null) throw this.#failure;
  }
}
