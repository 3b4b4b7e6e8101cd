import { existsSync, readdirSync, readFileSync, statSync, type Stats } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { namesOfMask } from './capability-names.ts';

export interface DeviceNode {
  path: string;
  type: 'b' | 'c';
  major: number;
  minor: number;
  fileMode: number;
  uid: number;
  gid: number;
}

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
  swapAccounting: boolean;
  cpus: number;
  /** Every device of the host, for privileged containers. */
  devices: () => DeviceNode[];
  /** Absolute path of a small init that reaps zombies; null where none is installed. */
  initProgram: string | null;
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
    swapAccounting: v2 || existsSync('/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes'),
    cpus: availableParallelism(),
    devices: () => devicesBelow('/dev'),
    initProgram: INIT_PROGRAMS.find((path) => existsSync(path)) ?? null,
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

/** Pseudo-terminals, the console and what the runtime makes itself are the container's own. */
const OWN = new Set([
  'pts',
  'shm',
  'fd',
  'mqueue',
  'console',
  'ptmx',
  'null',
  'zero',
  'full',
  'random',
  'urandom',
  'tty',
]);

function devicesBelow(directory: string): DeviceNode[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry): DeviceNode[] => {
    const path = join(directory, entry.name);
    if (directory === '/dev' && OWN.has(entry.name)) return [];
    if (entry.isDirectory()) return devicesBelow(path);
    if (!entry.isBlockDevice() && !entry.isCharacterDevice()) return [];
    return deviceNode(path, entry.isBlockDevice() ? 'b' : 'c', statSync(path, { throwIfNoEntry: false }));
  });
}

function deviceNode(path: string, type: 'b' | 'c', stats: Stats | undefined): DeviceNode[] {
  if (!stats) return [];
  const { rdev, mode, uid, gid } = stats;
  // Linux' encoding of dev_t in stat(2): 12 bits of major, 20 of minor (8 low, 12 high).
  const major = (rdev >> 8) & 0xfff;
  const minor = (rdev & 0xff) | ((rdev >> 12) & 0xfff00);
  return [{ path, type, major, minor, fileMode: mode & 0o7777, uid, gid }];
}
