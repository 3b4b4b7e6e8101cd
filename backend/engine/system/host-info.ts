import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, hostname, release, totalmem } from 'node:os';

export interface HostInfo {
  name: string;
  kernel: string;
  operatingSystem: string;
  osVersion: string;
  cpus: number;
  /** Bytes. */
  memory: number;
  cgroupVersion: '1' | '2';
  seccomp: boolean;
}

/** What `docker info` says about the machine. */
export function readHostInfo(): HostInfo {
  const release_ = osRelease();
  return {
    name: hostname(),
    kernel: release(),
    operatingSystem: release_['PRETTY_NAME'] ?? 'Linux',
    osVersion: release_['VERSION_ID'] ?? '',
    cpus: availableParallelism(),
    memory: totalmem(),
    cgroupVersion: existsSync('/sys/fs/cgroup/cgroup.controllers') ? '2' : '1',
    seccomp: existsSync('/proc/sys/kernel/seccomp'),
  };
}

/** /etc/os-release, os-release(5). */
function osRelease(): Record<string, string> {
  if (!existsSync('/etc/os-release')) return {};
  const entries = [...readFileSync('/etc/os-release', 'utf8').matchAll(/^([A-Z_]+)="?(.*?)"?$/gm)];
  return Object.fromEntries(entries.map(([, name = '', value = '']) => [name, value]));
}
