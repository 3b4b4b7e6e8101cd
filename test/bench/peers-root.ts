import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runOk } from '../support/run.ts';
import { startProcess, type BackgroundProcess } from '../support/start-process.ts';
import { debianMirror } from '../setup/debian-mirror.ts';
import { cached } from '../setup/images/cache-dir.ts';

const ENGINES = ['docker.io', 'docker-cli', 'podman', 'crun', 'conmon', 'netavark', 'aardvark-dns'];
const TOOLS = ['iptables', 'nftables', 'iproute2', 'ca-certificates', 'procps', 'erofs-utils'];
const PACKAGES = [...ENGINES, ...TOOLS];

/** A Debian trixie with Docker Engine 26.1 and Podman 5.4, made once. */
export function ensurePeersRoot(): Promise<string> {
  return cached('trixie-peers-1', async (target) => {
    const options = ['--quiet', '--variant=minbase', '--mode=root', '--format=directory'];
    const from = ['trixie', target, await debianMirror()];
    await runOk('mmdebstrap', [...options, `--include=${PACKAGES.join(',')}`, ...from], { timeout: 900_000 });
  });
}

export interface PeersRoot {
  /** Directory of the host that is `/bench` inside: sockets and data, on a real file system. */
  readonly shared: string;
  /** Starts a program inside, in a mount namespace of its own whose `/` is the root. */
  start(name: string, command: string, ready: () => Promise<boolean>): Promise<BackgroundProcess>;
}

export async function openPeersRoot(shared: string, registry: string): Promise<PeersRoot> {
  const root = await ensurePeersRoot();
  await mkdir(join(root, 'bench'), { recursive: true });
  await mkdir(join(root, 'old'), { recursive: true });
  // Names of hosts that the engines look up, and the registry that both may speak plain HTTP to.
  await copyFile('/etc/hosts', join(root, 'etc', 'hosts'));
  const settings = join(root, 'etc', 'containers', 'registries.conf.d');
  await mkdir(settings, { recursive: true });
  await writeFile(join(settings, 'bench.conf'), `[[registry]]\nlocation = "${registry}"\ninsecure = true\n`);
  return {
    shared,
    start: (name, command, ready) => {
      const script = enterScript(root, shared, command);
      const args = ['--mount', '--propagation', 'private', '--', 'sh', '-euc', script];
      return startProcess('unshare', args, { ready, timeout: 60_000 }).catch((error: unknown) => {
        throw new Error(`${name} did not start in ${root}: ${String(error)}`, { cause: error });
      });
    },
  };
}

/** dockerd wants `/` to be a mount point that it can pivot away from, so a chroot is not enough. */
function enterScript(root: string, shared: string, command: string): string {
  return `
mount --bind ${root} ${root}
cd ${root}
mount --bind ${shared} bench
mount -t proc proc proc
mount --rbind /sys sys
mount --rbind /dev dev
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
pivot_root . old
cd /
umount -l old
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
exec ${command}`;
}
