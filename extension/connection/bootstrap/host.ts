import type { Readable } from 'node:stream';
import type { ExecResult } from '../ssh/link.ts';

export interface ScriptOptions {
  /** `sudo` runs it as root through `sudo -n`. */
  as?: 'user' | 'sudo';
  timeoutMs?: number;
  signal?: AbortSignal;
  onOutput?: (text: string) => void;
}

/** What the bootstrap needs of a machine; it does not know whether SSH is in between. */
export interface Host {
  readonly name: string;
  /** Runs a POSIX shell script to its end, whatever its exit code. */
  script(text: string, options?: ScriptOptions): Promise<ExecResult>;
  /** Writes a file as the user. Its directory is there. */
  upload(path: string, source: Readable, signal: AbortSignal): Promise<void>;
}

/** The command that runs a script from its standard input; it means the same to every login shell. */
export function shellCommand(as: 'user' | 'sudo' = 'user'): string {
  return as === 'sudo' ? 'exec sudo -n /bin/sh' : 'exec /bin/sh';
}

/**
 * The script as standard input of that shell. In braces, so that the shell has read all of it before it
 * runs any of it: a program in the middle would otherwise eat the rest.
 */
export function shellInput(text: string): string {
  return `{\n${text}\n} </dev/null\n`;
}
