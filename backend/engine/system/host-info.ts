import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, hostname, release, totalmem } from 'node:os';
import type { CgroupSupport } from '../../runtime/spec/cgroup-support.ts';
import { readHostFacts } from '../../runtime/spec/host-facts.ts';

export interface HostInfo {
  name: string;
  kernel: string;
  operatingSystem: string;
  osVersion: string;
  cpus: number;
  /** Bytes. */
  memory: number;
  cgroupVersion: '1' | '2';
  cgroups: CgroupSupport;
  seccomp: boolean;
  apparmor: boolean;
  cgroupNamespaces: boolean;
  /** Whether packets between interfaces are let through. */
  forwarding: boolean;
  /** Absolute path of the init that `--init` mounts; null where none is installed. */
  initProgram: string | null;
  /** Of this daemon. */
  openFiles: number;
}

/** What `docker info` says about the machine. */
export function readHostInfo(): HostInfo {
  const release_ = osRelease();
  const facts = readHostFacts();
  return {
    name: hostname(),
    kernel: release(),
    operatingSystem: release_['PRETTY_NAME'] ?? 'Linux',
    osVersion: release_['VERSION_ID'] ?? '',
    cpus: availableParallelism(),
    memory: totalmem(),
    cgroupVersion: facts.cgroupVersion === 2 ? '2' : '1',
    cgroups: facts.support,
    seccomp: existsSync('/proc/sys/kernel/seccomp'),
    apparmor: facts.apparmor,
    cgroupNamespaces: existsSync('/proc/self/ns/cgroup'),
    forwarding: says('/proc/sys/net/ipv4/ip_forward', '1'),
    initProgram: facts.initProgram,
    openFiles: readdirSync('/proc/self/fd').length,
  };
}

function says(path: string, word: string): boolean {
  return existsSync(path) && readFileSync(path, 'latin1').trim() === word;
}

/** /etc/os-release, os-release(5). */
function osRelease(): Record<string, string> {
  if (!existsSync('/etc/os-release')) return {};
  const entries = [...readFileSync('/etc/os-release', 'utf8').matchAll(/^([A-Z_]+)="?(.*?)"?$/gm)];
  return Object.fromEntries(entries.map(([, name = '', value = '']) => [name, value]));
}
