import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { dockerCli, type DockerCli } from '../../../support/docker-cli.ts';
import type { RunOptions, RunResult } from '../../../support/run.ts';
import { openTerminal, type Terminal } from '../../../support/terminal.ts';
import { waitFor } from '../../../support/wait-for.ts';
import type { Engine } from '../use-engine.ts';

/** One build of the docker CLI, talking to one engine. */
export interface Client {
  readonly engine: Engine;
  readonly cli: DockerCli;
  /** Runs `docker ARGS`, whatever its exit code. */
  docker(...args: string[]): Promise<RunResult>;
  /** Runs `docker ARGS`, which has to succeed; returns its trimmed standard output. */
  ok(...args: string[]): Promise<string>;
  /** Runs `docker ARGS`, which has to fail with this exit code and these words on standard error. */
  fails(code: number, words: RegExp, ...args: string[]): Promise<void>;
  /** Runs `docker ARGS` with something on its standard input. */
  piped(input: string | Buffer, ...args: string[]): Promise<RunResult>;
  /** Runs `docker ARGS` on a terminal of 33 rows and 77 columns. */
  terminal(...args: string[]): Terminal;
  /** Starts `docker ARGS` and leaves it running. */
  follow(...args: string[]): Following;
  /** Starts a container that sleeps. */
  sleeper(name: string, ...options: string[]): Promise<string>;
}

export interface Following extends AsyncDisposable {
  output(): string;
  sees(words: RegExp): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** The exit code, once it has ended by itself. */
  ended(): Promise<number>;
}

const SIZED = 'stty rows 33 cols 77; exec "$0" "$@"';

export function createClient(engine: Engine, program: string): Client {
  const config = { DOCKER_CONFIG: join(engine.work, 'docker-config') };
  const cli = dockerCli(engine.socket, program);
  const env = { ...cli.env, ...config };
  const call = (args: readonly string[], options: RunOptions = {}) => cli(args, { ...options, env: config });
  const client: Client = {
    engine,
    cli,
    docker: (...args) => call(args),
    ok: (...args) => cli.ok(args, { env: config }),
    fails: async (code, words, ...args) => {
      const result = await call(args);
      assert.match(result.stderr, words);
      assert.equal(result.code, code, `docker ${args.join(' ')}: ${JSON.stringify(result)}`);
    },
    piped: (input, ...args) => call(args, { input }),
    terminal: (...args) => openTerminal(['sh', '-c', SIZED, cli.program, ...args], env),
    follow: (...args) => follow(spawn(cli.program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })),
    sleeper: (name, ...options) =>
      client.ok('run', '-d', '--stop-timeout', '1', '--name', name, ...options, 'busybox', 'sleep', '300'),
  };
  return client;
}

function follow(child: ChildProcess): Following {
  let text = '';
  let code: number | null = null;
  const keep = (chunk: Buffer) => (text += chunk.toString());
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  child.once('close', (exitCode) => (code = exitCode ?? 137));
  return {
    output: () => text,
    sees: async (words) => {
      await waitFor(String(words), () => words.test(text)).catch((error: unknown) => {
        throw new Error(`${String(error)}; so far: ${JSON.stringify(text)}`);
      });
    },
    signal: (name) => void child.kill(name),
    ended: async () => {
      await waitFor('the end of the program', () => code !== null);
      return code ?? -1;
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
    },
  };
}

/** The lines of an output, none where it is empty. */
export const lines = (text: string): string[] => (text === '' ? [] : text.split('\n'));
