import { spawn } from 'node:child_process';
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitFor } from '../support/wait-for.ts';
import { cachePath } from './images/cache-dir.ts';
import { SetupError } from './step.ts';

export interface KeptProcess {
  pid: number;
  /** Field 22 of /proc/PID/stat: tells the process from a later one with the same pid. */
  startTime: string;
  /** What it was started from; another build means another process. */
  build: string;
  /** What else the next run wants to know, such as a port. */
  note: string;
}

const stateFile = (name: string) => cachePath('run', `${name}.json`);
export const logFile = (name: string) => cachePath('run', `${name}.log`);

/** The process that an earlier run of this command has started, where it still lives. */
export async function keptProcess(name: string): Promise<KeptProcess | null> {
  try {
    const kept = JSON.parse(await readFile(stateFile(name), 'utf8')) as KeptProcess;
    return (await startTimeOf(kept.pid)) === kept.startTime ? kept : null;
  } catch {
    return null;
  }
}

interface KeepOptions {
  command: readonly string[];
  build: string;
  note: string;
  ready: () => Promise<boolean>;
  /** Milliseconds. */
  timeout: number;
}

/** Starts a process that outlives this command, with its output in a file, and waits until it answers. */
export async function keepProcess(name: string, options: KeepOptions): Promise<KeptProcess> {
  await mkdir(cachePath('run'), { recursive: true });
  const log = await open(logFile(name), 'w');
  const [program = '', ...args] = options.command;
  const child = spawn(program, args, { detached: true, stdio: ['ignore', log.fd, log.fd], cwd: '/' });
  let ended: string | null = null;
  child.once('error', (error) => {
    ended = error.message;
  });
  child.once('exit', (code) => {
    ended = `exit code ${code}`;
  });
  await log.close();
  await waitFor(`${name} answering`, async () => ended !== null || (await options.ready()), {
    timeout: options.timeout,
    every: 50,
  }).catch((error: unknown) => {
    ended ??= String(error);
  });
  if (ended !== null) {
    const said = (await readFile(logFile(name), 'utf8')).trim().split('\n').slice(-5).join('\n');
    throw new SetupError(`${name} did not start (${String(ended)}): ${said}`, `look into ${logFile(name)}`);
  }
  const pid = child.pid ?? 0;
  const { build, note } = options;
  const kept = { pid, startTime: (await startTimeOf(pid)) ?? '', build, note };
  await writeFile(stateFile(name), JSON.stringify(kept));
  child.unref();
  return kept;
}

/** Ends a kept process, if there is one. Returns whether there was. */
export async function endKept(name: string, prefix: readonly string[] = []): Promise<boolean> {
  const kept = await keptProcess(name);
  if (kept === null) return false;
  await signal(prefix, kept.pid, 'TERM');
  const gone = async () => (await startTimeOf(kept.pid)) !== kept.startTime;
  await waitFor(`end of ${name}`, gone, { timeout: 10_000 }).catch(() => signal(prefix, kept.pid, 'KILL'));
  await rm(stateFile(name), { force: true });
  return true;
}

async function signal(prefix: readonly string[], pid: number, name: string): Promise<void> {
  const [program, ...args] = [...prefix, 'kill', `-${name}`, String(pid)];
  await new Promise((resolve) => spawn(program ?? 'kill', args, { stdio: 'ignore' }).once('close', resolve));
}

async function startTimeOf(pid: number): Promise<string | null> {
  const stat = await readFile(join('/proc', String(pid), 'stat'), 'utf8').catch(() => '');
  // The name, in parentheses, may hold anything; the fields are counted from its end.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}
