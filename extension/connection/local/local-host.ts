import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { shellInput, type Host, type ScriptOptions } from '../bootstrap/host.ts';
import { ConnectFailure } from '../failure.ts';
import type { ExecResult } from '../ssh/link.ts';

/** The machine that runs this code, for the same bootstrap as over SSH. */
export class LocalHost implements Host {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  script(text: string, options: ScriptOptions = {}): Promise<ExecResult> {
    const [program = '/bin/sh', ...args] = options.as === 'sudo' ? ['sudo', '-n', '/bin/sh'] : ['/bin/sh'];
    return new Promise((resolve, reject) => {
      const child = spawn(program, args, {
        timeout: options.timeoutMs ?? 60_000,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      });
      const out = { stdout: '', stderr: '' };
      const keep =
        (key: 'stdout' | 'stderr') =>
        (chunk: Buffer): void => {
          options.onOutput?.(chunk.toString());
          out[key] += chunk.toString();
        };
      child.stdout.on('data', keep('stdout'));
      child.stderr.on('data', keep('stderr'));
      child.once('error', (cause) =>
        reject(this.#failure(`${program} cannot be run: ${cause.message}`, cause)),
      );
      child.once('close', (code) => {
        if (code === null) reject(this.#failure('a command did not end in time'));
        else resolve({ code, ...out });
      });
      // A shell that ends early closes its input; the exit code tells the rest.
      child.stdin.on('error', () => undefined);
      child.stdin.end(shellInput(text));
    });
  }

  async upload(path: string, source: Readable, signal: AbortSignal): Promise<void> {
    await pipeline(source, createWriteStream(path, { mode: 0o600 }), { signal });
  }

  #failure(message: string, cause?: unknown): ConnectFailure {
    return new ConnectFailure('host-timeout', `${this.name}: ${message}`, { action: 'retry', cause });
  }
}
