import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { composePlugin, trixieDockerCli } from '../../../setup/docker-clients.ts';
import type { RunResult } from '../../../support/run.ts';
import { createClient, type Client } from '../cli/client.ts';
import type { Engine } from '../use-engine.ts';

/** A directory with a compose file, and `docker compose` in it. */
export interface Project {
  readonly client: Client;
  readonly directory: string;
  write(path: string, text: string): Promise<void>;
  compose(...args: string[]): Promise<RunResult>;
  ok(...args: string[]): Promise<string>;
  /** The id of a service's only container. */
  id(service: string): Promise<string>;
}

/** `docker compose` of trixie, started by the docker CLI of trixie as it starts any plugin. */
export async function composeClient(engine: Engine): Promise<Client> {
  const client = createClient(engine, await trixieDockerCli());
  const plugins = join(engine.work, 'docker-config', 'cli-plugins');
  await mkdir(plugins, { recursive: true });
  await symlink(await composePlugin(), join(plugins, 'docker-compose'));
  return client;
}

export async function makeProject(client: Client, name: string, file: string): Promise<Project> {
  const directory = join(client.engine.work, name);
  await mkdir(directory, { recursive: true });
  const words = [
    'compose',
    '--ansi',
    'never',
    '--project-directory',
    directory,
    '-f',
    join(directory, 'compose.yaml'),
  ];
  const project: Project = {
    client,
    directory,
    write: async (path, text) => {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), text);
    },
    compose: (...args) => client.docker(...words, ...args),
    // This release clears the line before each one of a log, whatever --ansi says.
    ok: async (...args) => (await client.ok(...words, ...args)).replaceAll('\x1b[2K', ''),
    id: (service) => project.ok('ps', '-aq', service),
  };
  await project.write('compose.yaml', file);
  return project;
}
