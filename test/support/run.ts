import { spawn } from 'node:child_process';

export interface RunOptions {
  input?: string | Buffer;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Milliseconds until SIGKILL; default 60,000. */
  timeout?: number;
  signal?: AbortSignal;
  /** Leave standard input open, for programs that end when it does. */
  keepStdinOpen?: boolean;
}

export interface RunResult {
  /** Exit code; 128 + signal number where a signal ended it. */
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end, whatever its exit code. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: 'pipe',
      env: options.env ?? process.env,
      cwd: options.cwd,
      timeout: options.timeout ?? 60_000,
      killSignal: 'SIGKILL',
      signal: options.signal,
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({
        code: code ?? 137,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      });
    });
    // A program that ends without reading its input closes the pipe; its exit code tells the rest.
    child.stdin.on('error', () => undefined);
    if (options.keepStdinOpen !== true) child.stdin.end(options.input ?? '');
    else if (options.input !== undefined) child.stdin.write(options.input);
  });
}

/** Runs a program that has to succeed and returns its standard output. @throws with what it said. */
export async function runOk(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await run(program, args, options);
  if (code === 0) return stdout;
  const said = (stderr.trim() || stdout.trim() || 'it said nothing').slice(-4000);
  throw new Error(`${program} ${args.join(' ')}: exit code ${code}: ${said}`);
}
