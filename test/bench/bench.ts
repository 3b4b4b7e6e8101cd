import { spawn } from 'node:child_process';
import {
  ENGINE_PACKAGES,
  ensureDebianPackages,
  REGISTRY_PACKAGES,
  TEST_PACKAGES,
} from '../setup/debian-packages.ts';
import { build } from '../setup/build.ts';
import { ensureImage } from '../setup/images/ensure-image.ts';
import { runCommandLine, SetupError, step } from '../setup/step.ts';
import { anyDockerCli } from '../setup/docker-clients.ts';
import { ensurePeersRoot } from './peers-root.ts';

const INSIDE = new URL('inside.ts', import.meta.url).pathname;

/** Sets up what is compared, then measures in a network namespace where no engine's rules touch the host's. */
await runCommandLine(async () => {
  if (process.getuid?.() !== 0)
    throw new SetupError('the peers run as root', 'run this as root: sudo npm run bench');
  await step('Debian packages', async () => {
    await ensureDebianPackages([...ENGINE_PACKAGES, ...REGISTRY_PACKAGES, ...TEST_PACKAGES]);
    return 'all there';
  });
  await step('agent', async () => ((await build()) ? 'built' : 'up to date'));
  const docker = await step('docker CLI', async () => {
    const value = await anyDockerCli();
    return { value, said: value };
  });
  await step('Docker Engine and Podman of trixie', ensurePeersRoot);
  for (const image of ['busybox', 'bench-300mb', 'bench-44k', 'files-20k'] as const) {
    await step(`image ${image}`, () => ensureImage(image));
  }
  const command = [
    'sh',
    '-c',
    'ip link set lo up && exec "$@"',
    'sh',
    process.execPath,
    INSIDE,
    ...process.argv.slice(2),
  ];
  const child = spawn('unshare', ['--net', '--mount', '--propagation', 'private', '--', ...command], {
    stdio: 'inherit',
    env: { ...process.env, STRATA_TEST_DOCKER: docker },
  });
  // Ctrl-C reaches the child by the terminal; it cleans up, and its end is awaited.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
});
