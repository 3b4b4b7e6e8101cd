import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, runOk, type RunOptions, type RunResult } from './run.ts';

export interface DockerCli {
  /** Runs `docker ARGS`, whatever its exit code. */
  (args: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Runs `docker ARGS`, which has to succeed; returns its trimmed standard output. */
  ok(args: readonly string[], options?: RunOptions): Promise<string>;
  /** Environment in which any Docker client talks to this socket. */
  readonly env: NodeJS.ProcessEnv;
  readonly program: string;
}

/** The real, unmodified `docker` client against one socket. `program` names another build of it. */
export function dockerCli(
  socket: string,
  program = process.env['STRATA_TEST_DOCKER'] ?? 'docker',
): DockerCli {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    DOCKER_HOST: `unix://${socket}`,
    // The user's own contexts and credential helpers stay out of the tests.
    DOCKER_CONFIG: join(tmpdir(), 'strata-no-docker-config'),
    DOCKER_CLI_HINTS: 'false',
  };
  const withEnv = (options: RunOptions): RunOptions => ({ ...options, env: { ...env, ...options.env } });
  const call = (args: readonly string[], options: RunOptions = {}) => run(program, args, withEnv(options));
  const ok = async (args: readonly string[], options: RunOptions = {}) =>
    (await runOk(program, args, withEnv(options))).trim();
  return Object.assign(call, { ok, env, program });
}
