import { ConnectFailure } from '../failure.ts';
import type { HostFacts, PackageManager } from './probe.ts';
import type { Program } from './probe-script.ts';

const MIN_GLIBC: readonly [number, number] = [2, 28];

/** Refuses a machine on which the agent cannot run at all. @throws ConnectFailure in plain words */
export function checkSystem(name: string, facts: HostFacts): void {
  if (facts.system !== 'Linux') {
    throw new ConnectFailure(
      'unsupported-system',
      `${name} runs ${facts.system}; containers need a Linux kernel`,
      {
        action: 'edit-machine',
      },
    );
  }
  if (facts.arch === undefined) {
    throw new ConnectFailure(
      'unsupported-arch',
      `${name} is a ${facts.machine} machine; there is an agent for x86_64 and aarch64`,
      {
        action: 'edit-machine',
      },
    );
  }
  if (facts.musl && facts.glibc === undefined) {
    throw new ConnectFailure(
      'no-libc',
      `${name} uses the musl C library; the agent needs glibc 2.28 or newer`,
      {
        action: 'edit-machine',
      },
    );
  }
  if (facts.glibc !== undefined && isOlder(facts.glibc)) {
    throw new ConnectFailure('no-libc', `${name} has glibc ${facts.glibc}; the agent needs 2.28 or newer`, {
      action: 'edit-machine',
    });
  }
}

function isOlder(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < MIN_GLIBC[0] || (major === MIN_GLIBC[0] && minor < MIN_GLIBC[1]);
}

/** How to become root for a script. @throws ConnectFailure `no-root` */
export function rootOf(name: string, facts: HostFacts): 'user' | 'sudo' {
  if (facts.root === 'self') return 'user';
  if (facts.root === 'sudo') return 'sudo';
  const { user } = facts;
  const why =
    facts.root === 'sudo-password'
      ? `sudo asks ${user} for a password there. Allow it without one, or connect as root`
      : `there is no sudo, and ${user} is not root. Connect as root, or install sudo`;
  throw new ConnectFailure('no-root', `the agent must be installed as root on ${name}: ${why}`, {
    action: 'show-sudo-help',
    command: `echo '${user} ALL=(ALL) NOPASSWD: ALL' | sudo tee /etc/sudoers.d/strata-${user}`,
  });
}

/** What must be installed before the agent can run containers; crun and runc are alternatives. */
export function missingPrograms(facts: HostFacts): Program[] {
  const needed: Program[] = ['conmon', 'nft', 'ip', 'tar', 'gzip', 'sha256sum'];
  const missing = needed.filter((program) => !facts.programs.has(program));
  if (!facts.programs.has('crun') && !facts.programs.has('runc')) missing.unshift('crun');
  if (!facts.systemd && !facts.programs.has('setsid')) missing.push('setsid');
  return missing;
}

const packages: Partial<Record<Program, string | Partial<Record<PackageManager, string>>>> = {
  nft: 'nftables',
  ip: { 'apt-get': 'iproute2', dnf: 'iproute', apk: 'iproute2', pacman: 'iproute2', zypper: 'iproute2' },
  sha256sum: 'coreutils',
  setsid: 'util-linux',
};

const installers: Record<PackageManager, (names: string) => string> = {
  'apt-get': (names) =>
    `apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends ${names}`,
  dnf: (names) => `dnf install -y ${names}`,
  apk: (names) => `apk add ${names}`,
  pacman: (names) => `pacman -Sy --noconfirm --needed ${names}`,
  zypper: (names) => `zypper --non-interactive install ${names}`,
};

/** The exact command that installs the programs with the machine's package manager. */
export function installCommand(manager: PackageManager, programs: readonly Program[]): string {
  const names = programs.map((program) => {
    const name = packages[program] ?? program;
    return typeof name === 'string' ? name : (name[manager] ?? program);
  });
  return installers[manager]([...new Set(names)].join(' '));
}
