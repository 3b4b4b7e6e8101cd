import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, release } from 'node:os';
import { namesOfMask } from './capability-names.ts';
import { readCgroupSupport, type CgroupSupport } from './cgroup-support.ts';
import { devicesBelow, type DeviceNode } from './devices.ts';

/** What the spec depends on of the machine and of the daemon's own rights. Plain data, so that buildSpec stays pure. */
export interface HostFacts {
  /** Node's name: x64, arm64, … */
  architecture: string;
  /** Capabilities of the daemon's bounding set, with CAP_. Nobody can be given others. */
  capabilities: readonly string[];
  /** Hard limits of the daemon by Docker's names (`nofile`); Infinity for none. */
  hardLimits: Readonly<Record<string, number>>;
  oomScoreAdj: number;
  cgroupVersion: 1 | 2;
  /** Which limits the kernel offers. */
  support: CgroupSupport;
  cpus: number;
  /** Every device of the host, for privileged containers. */
  devices: () => DeviceNode[];
  /** Absolute path of a small init that reaps zombies; null where none is installed. */
  initProgram: string | null;
  /** Whether the kernel can make a whole tree of mounts read-only (5.12). */
  recursiveReadOnly: boolean;
  apparmor: boolean;
}

/** Reads /proc/self and /sys. Cheap, but the facts do not change while the daemon lives: once is enough. */
export function readHostFacts(): HostFacts {
  const v2 = existsSync('/sys/fs/cgroup/cgroup.controllers');
  return {
    architecture: process.arch,
    capabilities: boundingSet(),
    hardLimits: hardLimits(),
    oomScoreAdj: Number(readFileSync('/proc/self/oom_score_adj', 'latin1')),
    cgroupVersion: v2 ? 2 : 1,
    support: readCgroupSupport(),
    cpus: availableParallelism(),
    devices: () => devicesBelow('/dev'),
    initProgram: INIT_PROGRAMS.find((path) => existsSync(path)) ?? null,
    recursiveReadOnly: kernelAtLeast(5, 12),
    apparmor: existsSync('/sys/kernel/security/apparmor/profiles'),
  };
}

const INIT_PROGRAMS = [
  '/usr/bin/docker-init',
  '/usr/libexec/docker/docker-init',
  '/usr/bin/catatonit',
  '/usr/libexec/podman/catatonit',
  '/usr/bin/tini-static',
  '/usr/bin/tini',
];

function kernelAtLeast(major: number, minor: number): boolean {
  const [, first = '0', second = '0'] = /^(\d+)\.(\d+)/.exec(release()) ?? [];
  return Number(first) > major || (Number(first) === major && Number(second) >= minor);
}

function boundingSet(): string[] {
  const status = readFileSync('/proc/self/status', 'latin1');
  return namesOfMask(BigInt(`0x${/^CapBnd:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`));
}

/** /proc/self/limits' words → Docker's names (setrlimit's without RLIMIT_). */
const LIMIT_NAMES: Readonly<Record<string, string>> = {
  'Max cpu time': 'cpu',
  'Max file size': 'fsize',
  'Max data size': 'data',
  'Max stack size': 'stack',
  'Max core file size': 'core',
  'Max resident set': 'rss',
  'Max processes': 'nproc',
  'Max open files': 'nofile',
  'Max locked memory': 'memlock',
  'Max address space': 'as',
  'Max file locks': 'locks',
  'Max pending signals': 'sigpending',
  'Max msgqueue size': 'msgqueue',
  'Max nice priority': 'nice',
  'Max realtime priority': 'rtprio',
  'Max realtime timeout': 'rttime',
};

function hardLimits(): Record<string, number> {
  const limits: Record<string, number> = {};
  for (const line of readFileSync('/proc/self/limits', 'latin1').split('\n')) {
    const name = LIMIT_NAMES[line.slice(0, 26).trim()];
    const hard = line.slice(26).trim().split(/\s+/)[1];
    if (name && hard) limits[name] = hard === 'unlimited' ? Infinity : Number(hard);
  }
  return limits;
}
