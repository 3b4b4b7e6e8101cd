import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { callApi } from '../support/api-client.ts';
import { dockerCli, type DockerCli } from '../support/docker-cli.ts';
import { startAgent } from './start-agent.ts';
import { openPeersRoot, type PeersRoot } from './peers-root.ts';

export interface Engine {
  readonly name: 'Strata' | 'Docker' | 'Podman';
  readonly version: string;
  /** The same docker CLI for all three, on this engine's socket. */
  readonly docker: DockerCli;
  readonly socket: string;
}

/** Strata, Docker Engine and Podman side by side, each with its data on the same file system. */
export async function startEngines(
  stack: AsyncDisposableStack,
  shared: string,
  registry: string,
): Promise<Engine[]> {
  // First, because it may have to prepare the cgroup hierarchies that crun wants.
  const strata = stack.use(await startAgent());
  const root = await openPeersRoot(shared, registry);
  return [
    await engine('Strata', strata.socket),
    await engine('Docker', await startDocker(stack, root)),
    await engine('Podman', await startPodman(stack, root)),
  ];
}

async function engine(name: Engine['name'], socket: string): Promise<Engine> {
  const docker = dockerCli(socket);
  return { name, docker, socket, version: await docker.ok(['version', '-f', '{{.Server.Version}}']) };
}

async function startDocker(stack: AsyncDisposableStack, root: PeersRoot): Promise<string> {
  await mkdir(join(root.shared, 'docker'), { recursive: true });
  const socket = join(root.shared, 'docker.sock');
  const options = '--data-root /bench/docker --storage-driver overlay2 --log-level error';
  stack.use(
    await root.start('dockerd', `dockerd -H unix:///bench/docker.sock ${options}`, () => answers(socket)),
  );
  return socket;
}

async function startPodman(stack: AsyncDisposableStack, root: PeersRoot): Promise<string> {
  await mkdir(join(root.shared, 'podman'), { recursive: true });
  const socket = join(root.shared, 'podman.sock');
  const options =
    '--root /bench/podman --storage-driver overlay --cgroup-manager cgroupfs --events-backend file';
  const command = `podman ${options} --log-level error system service --time 0 unix:///bench/podman.sock`;
  stack.use(await root.start('podman', command, () => answers(socket)));
  return socket;
}

async function answers(socket: string): Promise<boolean> {
  return (await callApi(socket, '/_ping', { timeout: 2_000 })).status === 200;
}
