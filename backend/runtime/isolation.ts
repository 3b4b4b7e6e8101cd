import { readFileSync, readlinkSync } from 'node:fs';
import { isErrno, notFound } from '../base/errors.ts';
import { describeCgroups, type CgroupDescription } from './isolation/describe-cgroups.ts';
import { describeMounts, type MountDescription } from './isolation/describe-mounts.ts';
import { describeStatus, type StatusDescription } from './isolation/describe-status.ts';

export interface NamespaceDescription {
  type: 'cgroup' | 'ipc' | 'mnt' | 'net' | 'pid' | 'time' | 'user' | 'uts';
  /** Inode numbers name namespaces: two processes share one exactly when they are equal. */
  inode: number;
  hostInode: number;
  shared: boolean;
}

export interface IdMapEntry {
  inside: number;
  outside: number;
  length: number;
}

/** What separates a process from the host, as the kernel tells it. Plain data. */
export interface Isolation extends StatusDescription, MountDescription {
  pid: number;
  namespaces: NamespaceDescription[];
  uidMap: IdMapEntry[];
  gidMap: IdMapEntry[];
  cgroups: CgroupDescription[];
}

/** @param pid host view. @throws not-found when the process is gone. */
export function describeIsolation(pid: number): Isolation {
  const read = (name: string): string => readFileSync(`/proc/${pid}/${name}`, 'utf8');
  try {
    return {
      pid,
      namespaces: NAMESPACES.flatMap((type) => namespaceOf(pid, type)),
      uidMap: idMap(read('uid_map')),
      gidMap: idMap(read('gid_map')),
      ...describeStatus(read('status')),
      cgroups: describeCgroups(read('cgroup')),
      ...describeMounts(read('mountinfo')),
    };
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ESRCH')) throw notFound(`process ${pid} is gone`, error);
    throw error;
  }
}

const NAMESPACES = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'time', 'user', 'uts'] as const;

function namespaceOf(pid: number, type: NamespaceDescription['type']): NamespaceDescription[] {
  const inode = namespaceInode(pid, type);
  // Process 1 stands for the host, not the daemon, whose unit may have a mount namespace of its own; but a process
  // with more rights than the daemon does not let itself be looked at.
  const hostInode = namespaceInode(1, type) ?? namespaceInode('self', type);
  return inode === null || hostInode === null
    ? []
    : [{ type, inode, hostInode, shared: inode === hostInode }];
}

/** From the link `net:[4026531840]`; null for a type that this kernel does not have, and where it is not to be seen. */
function namespaceInode(pid: number | 'self', type: string): number | null {
  try {
    const text = readlinkSync(`/proc/${pid}/ns/${type}`);
    return Number(/\[(\d+)\]$/.exec(text)?.[1] ?? NaN) || null;
  } catch (error) {
    // A zombie has no namespaces left.
    if (isErrno(error, 'ENOENT') || isErrno(error, 'EACCES')) return null;
    throw error;
  }
}

function idMap(text: string): IdMapEntry[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [inside = 0, outside = 0, length = 0] = line.trim().split(/\s+/).map(Number);
      return { inside, outside, length };
    });
}
