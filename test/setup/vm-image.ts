import { copyFile, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runOk } from '../support/run.ts';
import { debianMirror } from './debian-mirror.ts';
import { cached } from './images/cache-dir.ts';

/** A disk with Debian trixie, and the kernel that boots from it: pure cgroup v2, systemd, OpenSSH. */
export interface VmImage {
  disk: string;
  kernel: string;
  initrd: string;
  /** The private key that may log in as root. */
  identityFile: string;
}

/** What a user's VM has, and what the agent asks for. */
const SYSTEM = [
  'systemd-sysv',
  'dbus',
  'openssh-server',
  'linux-image-cloud-amd64',
  'sudo',
  'procps',
  'kmod',
];
const ENGINE = ['crun', 'conmon', 'nftables', 'iproute2', 'catatonit'];
const MINUTE = 60_000;

/** Made once, in about two minutes. */
export async function ensureVmImage(): Promise<VmImage> {
  const where = await cached('vm-trixie-1', makeImage);
  const at = (name: string): string => join(where, name);
  return { disk: at('root.img'), kernel: at('vmlinuz'), initrd: at('initrd'), identityFile: at('key') };
}

async function makeImage(target: string): Promise<void> {
  const root = join(target, 'root');
  const include = [...SYSTEM, ...ENGINE].join(',');
  const options = ['--quiet', '--variant=minbase', '--mode=root', '--format=directory'];
  await runOk('mmdebstrap', [...options, `--include=${include}`, 'trixie', root, await debianMirror()], {
    timeout: 15 * MINUTE,
  });
  await runOk('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'throw-away', '-f', join(target, 'key')]);
  await configure(root, await readFile(join(target, 'key.pub'), 'utf8'));
  await takeKernel(root, target);
  await runOk('mke2fs', ['-q', '-t', 'ext4', '-d', root, join(target, 'root.img'), '4G'], {
    timeout: 5 * MINUTE,
  });
  await rm(root, { recursive: true, force: true });
}

async function configure(root: string, publicKey: string): Promise<void> {
  const files: Record<string, string> = {
    'etc/hostname': 'strata-vm\n',
    'etc/fstab': '/dev/vda / ext4 defaults 0 1\n',
    'etc/resolv.conf': 'nameserver 10.0.2.3\n',
    'root/.ssh/authorized_keys': publicKey,
    // QEMU's user network, without waiting for its DHCP server.
    'etc/systemd/network/eth0.network':
      '[Match]\nName=eth0\n[Network]\nAddress=10.0.2.15/24\nGateway=10.0.2.2\n',
    'etc/ssh/sshd_config.d/vm.conf': 'PermitRootLogin prohibit-password\nUseDNS no\n',
    // A stop that hangs must not hold the tests for a minute and a half.
    'etc/systemd/system.conf.d/vm.conf': '[Manager]\nDefaultTimeoutStopSec=20s\n',
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(root, path, '..'), { recursive: true });
    await writeFile(join(root, path), text, { mode: path.includes('.ssh/') ? 0o600 : 0o644 });
  }
  const wants = join(root, 'etc/systemd/system/multi-user.target.wants');
  await mkdir(wants, { recursive: true });
  const unit = 'systemd-networkd.service';
  await symlink(join('/usr/lib/systemd/system', unit), join(wants, unit)).catch(() => undefined);
  for (const timer of ['apt-daily.timer', 'apt-daily-upgrade.timer', 'e2scrub_all.timer', 'fstrim.timer'])
    await symlink('/dev/null', join(root, 'etc/systemd/system', timer)).catch(() => undefined);
}

async function takeKernel(root: string, target: string): Promise<void> {
  for (const [prefix, name] of [
    ['vmlinuz-', 'vmlinuz'],
    ['initrd.img-', 'initrd'],
  ] as const) {
    const found = (await readdir(join(root, 'boot'))).find((file) => file.startsWith(prefix));
    if (found === undefined) throw new Error(`Debian's kernel package brought no ${prefix}*`);
    await copyFile(join(root, 'boot', found), join(target, name));
  }
}
