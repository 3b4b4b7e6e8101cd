import { spawn, type ChildProcess } from 'node:child_process';
import { waitFor } from './wait-for.ts';

export interface BackgroundProcess extends AsyncDisposable {
  readonly pid: number;
  /** What it has said so far on both streams. */
  output(): string;
  /** Its exit code once it has ended, null before. */
  exited(): number | null;
  /** Sends a signal and waits until it is gone. @throws when it is still there after `timeout` ms */
  end(signal?: NodeJS.Signals, timeout?: number): Promise<number>;
}

export interface StartOptions {
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Asked until it is truthy; the process ending first is a failure that quotes its output. */
  ready?: () => boolean | Promise<boolean>;
  /** Milliseconds to become ready; default 20,000. */
  timeout?: number;
  /** File descriptor that takes both streams, for programs that outlive this one. */
  outputTo?: number;
}

const KEPT_OUTPUT = 1024 * 1024;

/** What still runs when this process ends all of a sudden, by an uncaught error or a timeout. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts a server of ours and waits until it answers. It never outlives its scope. */
export async function startProcess(
  program: string,
  args: readonly string[],
  options: StartOptions = {},
): Promise<BackgroundProcess> {
  const stream = options.outputTo ?? 'pipe';
  const child = spawn(program, args, {
    stdio: ['ignore', stream, stream],
    env: options.env ?? process.env,
    cwd: options.cwd,
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  const started = watch(child, program);
  try {
    await waitFor(
      `${program} ${args.slice(0, 3).join(' ')} being ready`,
      async () => {
        if (started.exited() !== null) return 'ended';
        return options.ready === undefined || (await options.ready());
      },
      { timeout: options.timeout ?? 20_000 },
    );
    const code = started.exited();
    if (code !== null) throw new Error(`${program} ended with exit code ${code}`);
    return started;
  } catch (error) {
    await started.end('SIGKILL');
    throw new Error(`${String(error)}\n${started.output().slice(-4000)}`, { cause: error });
  }
}

function watch(child: ChildProcess, program: string): BackgroundProcess {
  let text = '';
  let code: number | null = null;
  const keep = (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-KEPT_OUTPUT);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const gone = new Promise<number>((resolve) => {
    child.once('error', (error) => {
      text += error.message;
      code = 127;
      resolve(code);
    });
    child.once('exit', (exitCode) => {
      code = exitCode ?? 137;
      resolve(code);
    });
  });
  const end = async (signal: NodeJS.Signals = 'SIGTERM', timeout = 10_000): Promise<number> => {
    if (code === null) child.kill(signal);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`${program} did not end within ${timeout} ms of ${signal}`)),
        timeout,
      );
    });
    try {
      return await Promise.race([gone, late]);
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    pid: child.pid ?? 0,
    output: () => text,
    exited: () => code,
    end,
    [Symbol.asyncDispose]: async () => {
      await end('SIGTERM').catch(() => end('SIGKILL'));
    },
  };
}
