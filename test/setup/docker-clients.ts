import { join } from 'node:path';
import { run, runOk } from '../support/run.ts';
import { suitePackages } from './suite-packages.ts';

/** The docker CLI of bookworm (20.10): in the engine's own package there, of which only the client is used. */
export function bookwormDockerCli(): Promise<string> {
  return dockerOf(suitePackages('bookworm', 'docker-io', ['docker.io']));
}

/** The docker CLI of trixie (26.1), which runs as it is on older Debians. */
export function trixieDockerCli(): Promise<string> {
  return dockerOf(suitePackages('trixie', 'docker-cli', ['docker-cli']));
}

/** The docker CLI on PATH, else trixie's. */
export async function anyDockerCli(): Promise<string> {
  const own = await run('docker', ['--version']).catch(() => null);
  return own?.code === 0 ? 'docker' : trixieDockerCli();
}

/** The `docker compose` plugin of trixie (2.26): a program that `docker` starts, from a directory of plugins. */
export async function composePlugin(): Promise<string> {
  const root = await suitePackages('trixie', 'docker-compose', ['docker-compose']);
  const program = join(root, 'usr', 'libexec', 'docker', 'cli-plugins', 'docker-compose');
  await runOk(program, ['version']);
  return program;
}

async function dockerOf(unpacked: Promise<string>): Promise<string> {
  const program = join(await unpacked, 'usr', 'bin', 'docker');
  await runOk(program, ['--version']);
  return program;
}
