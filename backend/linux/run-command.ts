import { spawn } from 'node:child_process';
import { internal } from '../base/errors.ts';

export interface CommandOptions {
  input?: string | undefined;
  env?: NodeJS.ProcessEnv | undefined;
  cwd?: string | undefined;
  /** Milliseconds after which the command is killed; default 60,000. Every wait ends. */
  timeout?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface CommandResult {
  stdout: string;
  stderr: string;
  code: number;
}

const MAX_OUTPUT = 16 * 1024 * 1024;

/** Runs a program to its end and returns what it said, whatever its exit code. @throws when it cannot be started or is killed. */
export function tryCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: options.env ?? process.env,
      cwd: options.cwd,
      timeout: options.timeout ?? 60_000,
      killSignal: 'SIGKILL',
      signal: options.signal,
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => keep(stdout, chunk));
    child.stderr.on('data', (chunk: Buffer) => keep(stderr, chunk));
    child.once('error', (error) => reject(internal(`cannot run ${program}: ${error.message}`, error)));
    child.once('close', (code, signal) => {
      if (code === null) reject(internal(`${program} was killed by ${signal ?? 'a signal'}`));
      else
        resolve({ code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() });
    });
    // A program that ends without reading its input closes the pipe; its exit code tells the rest.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
}

function keep(chunks: Buffer[], chunk: Buffer): void {
  const total = chunks.reduce((sum, part) => sum + part.length, 0);
  if (total < MAX_OUTPUT) chunks.push(chunk);
}

/** Runs a program that has to succeed; returns its standard output. @throws internal with what it said on standard error. */
export async function runCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await tryCommand(program, args, options);
  if (code === 0) return stdout;
  const said = stderr.trim() || stdout.trim() || 'it said nothing';
  throw internal(`${program} ${args[0] ?? ''} failed with exit code ${code}: ${said}`);
}
