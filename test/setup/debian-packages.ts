import { spawn } from 'node:child_process';
import { run } from '../support/run.ts';
import { SetupError } from './step.ts';

/** What the engine itself needs on a machine. */
export const ENGINE_PACKAGES = ['crun', 'conmon', 'nftables', 'iproute2'];
/** A registry on loopback, and images for it. */
export const REGISTRY_PACKAGES = ['busybox-static', 'docker-registry', 'skopeo'];
export const SSH_PACKAGES = ['openssh-server', 'openssh-client'];
/** code-server compiles its native parts. */
export const CODE_SERVER_PACKAGES = ['build-essential', 'python3', 'pkg-config', 'libkrb5-dev'];
export const TEST_PACKAGES = [
  'chromium',
  'mmdebstrap',
  'qemu-system-x86',
  'e2fsprogs',
  'xz-utils',
  'bzip2',
  'zstd',
  'bsdutils',
  'procps',
  'runc',
  'sudo',
  'tini',
];

/** Packages that start a service of their own, which nobody asked for. */
const SERVICES: Record<string, string> = { 'openssh-server': 'ssh', 'docker-registry': 'docker-registry' };

/**
 * Installs what is missing, as root or with sudo. Returns what was installed.
 * @throws SetupError with the exact command where that is not possible
 */
export async function ensureDebianPackages(packages: readonly string[]): Promise<string[]> {
  const missing = await missingPackages(packages);
  if (missing.length === 0) return [];
  const install = ['apt-get', 'install', '-y', '--no-install-recommends', ...missing];
  const prefix = await rootPrefix(`apt-get update && ${install.join(' ')}`);
  await apt(prefix, ['apt-get', 'update', '-qq'], install);
  await apt(prefix, install, install);
  for (const name of missing) await stopService(prefix, SERVICES[name]);
  return missing;
}

async function missingPackages(packages: readonly string[]): Promise<string[]> {
  const query = ['-W', '-f', '${Package} ${db:Status-Status}\\n', ...packages];
  const { stdout } = await run('dpkg-query', query).catch(() => {
    throw new SetupError(
      'this is no Debian or Ubuntu: dpkg is missing',
      `install these with this system's package manager: ${packages.join(' ')}`,
    );
  });
  const installed = new Set(
    stdout
      .split('\n')
      .filter((line) => line.endsWith(' installed'))
      .map((line) => line.split(' ')[0]),
  );
  return packages.filter((name) => !installed.has(name));
}

/** The words before a command that makes it run as root: none, or sudo. @throws SetupError where neither is possible */
export async function rootPrefix(wanted: string): Promise<string[]> {
  if (process.getuid?.() === 0) return [];
  if (process.stdin.isTTY) {
    const { code } = await run('sudo', ['--version']).catch(() => ({ code: 1 }));
    if (code === 0) return ['sudo'];
  } else {
    const { code } = await run('sudo', ['-n', 'true']).catch(() => ({ code: 1 }));
    if (code === 0) return ['sudo', '-n'];
  }
  throw new SetupError('this needs root, and sudo is not possible here', `run as root: ${wanted}`);
}

function apt(
  prefix: readonly string[],
  command: readonly string[],
  install: readonly string[],
): Promise<void> {
  const [program = '', ...args] = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', ...command];
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['inherit', 'pipe', 'pipe'], timeout: 900_000 });
    let said = '';
    const keep = (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-2000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else {
        reject(
          new SetupError(`${command.join(' ')} failed: ${said.trim()}`, `run as root: ${install.join(' ')}`),
        );
      }
    });
  });
}

async function stopService(prefix: readonly string[], service: string | undefined): Promise<void> {
  if (service === undefined) return;
  const args = [...prefix.slice(1), 'systemctl', 'disable', '--now', '--quiet', service];
  const program = prefix[0] ?? args.shift() ?? '';
  // Without systemd nothing was started.
  await run(program, args).catch(() => undefined);
}
