import { closeSync, constants, fstatSync, openSync, statSync, writeFileSync } from 'node:fs';
import { posix } from 'node:path';
import { isErrno } from '../base/errors.ts';
import { syscall } from './libc.ts';
import {
  detach,
  mount,
  MS_BIND,
  MS_NODEV,
  MS_NOSUID,
  MS_PRIVATE,
  MS_RDONLY,
  MS_REC,
  MS_REMOUNT,
} from './mount.ts';
import { atDescriptor, atName, PathWalk } from './path-walk.ts';
import { rawSyscall } from './raw-syscall.ts';

const O_PATH = 0o10000000;
const CLONE_NEWNS = 0x20000;
const { O_DIRECTORY, O_NOFOLLOW } = constants;

const unshareCall = syscall('int unshare(int flags)');
const setnsCall = syscall('int setns(int fd, int kind)');
const fchdirCall = syscall('int fchdir(int fd)');
const chdirCall = syscall('int chdir(const char *path)');
const chrootCall = syscall('int chroot(const char *path)');
const pivotRoot = rawSyscall('pivot_root', 'const char *newRoot, const char *oldRoot');

/** What is mounted into a tree; its place is made where the tree does not have it. Byte strings. */
export interface TreeMount {
  /** Host path; null for an empty tmpfs. */
  source: string | null;
  destination: string;
  readOnly: boolean;
}

export interface PrivateTreeRequest {
  mountPoint: string;
  mounts: readonly TreeMount[];
  /** Who owns the places that have to be made: the container's root, as the host counts. */
  owner: number;
}

/** A tree that nobody else sees. It lives as long as its descriptors. */
export interface PrivateTree extends Disposable {
  /** O_PATH descriptor of its root. */
  readonly root: number;
}

/** The thread could not return to its own mount namespace: it must not be used any more. */
export class MountNamespaceLost extends Error {
  constructor(cause: unknown) {
    super('a thread could not return to its own mount namespace', { cause });
    this.name = 'MountNamespaceLost';
  }
}

/**
 * A mount point with more mounts on top, in a mount namespace of its own: they are seen through the descriptor
 * alone, cannot be left behind, and nothing else of the machine is kept busy by the namespace.
 * For threads that have left the shared file system context (`leaveSharedFileSystemContext`).
 */
export function makePrivateTree(request: PrivateTreeRequest): PrivateTree {
  const home = openSync('/proc/thread-self/ns/mnt', 'r');
  const homeRoot = openSync('/', O_PATH | O_DIRECTORY);
  let namespace: number | null = null;
  try {
    unshareCall('make a mount namespace', CLONE_NEWNS);
    try {
      // Nothing that is mounted or taken away here may reach the rest of the machine.
      mount({ source: 'none', target: '/', type: null, flags: MS_REC | MS_PRIVATE });
      namespace = openSync('/proc/thread-self/ns/mnt', 'r');
      mountAll(request);
      return treeOf(pivotTo(request.mountPoint), namespace);
    } finally {
      comeBack(home, homeRoot);
    }
  } catch (error) {
    if (namespace !== null) closeSync(namespace);
    throw error;
  } finally {
    closeSync(home);
    closeSync(homeRoot);
  }
}

/** The root of a running process with all that is mounted there, which stays for as long as the descriptors are open. */
export function openProcessRoot(pid: number): PrivateTree {
  const namespace = openSync(`/proc/${pid}/ns/mnt`, 'r');
  try {
    return treeOf(openSync(`/proc/${pid}/root`, O_PATH | O_DIRECTORY), namespace);
  } catch (error) {
    closeSync(namespace);
    throw error;
  }
}

/** A mount point or directory as it is. */
export function openDirectory(path: string): PrivateTree {
  return treeOf(openSync(path, O_PATH | O_DIRECTORY), null);
}

function treeOf(root: number, namespace: number | null): PrivateTree {
  return {
    root,
    [Symbol.dispose]: () => {
      closeSync(root);
      if (namespace !== null) closeSync(namespace);
    },
  };
}

function mountAll({ mountPoint, mounts, owner }: PrivateTreeRequest): void {
  const root = openSync(mountPoint, O_PATH | O_DIRECTORY);
  try {
    for (const wanted of mounts) mountOne(root, wanted, owner);
  } finally {
    closeSync(root);
  }
}

/** The target is named by descriptor: whoever shares a volume with this tree may swap names meanwhile. */
function mountOne(root: number, { source, destination, readOnly }: TreeMount, owner: number): void {
  const target = openTarget(root, destination, source === null || statSync(source).isDirectory(), owner);
  try {
    const path = atDescriptor(target);
    if (source === null)
      return mount({
        source: 'tmpfs',
        target: path,
        type: 'tmpfs',
        flags: MS_NOSUID | MS_NODEV,
        data: `mode=1777,uid=${owner},gid=${owner}`,
      });
    mount({ source, target: path, type: null, flags: MS_BIND | MS_REC });
  } finally {
    closeSync(target);
  }
  if (readOnly) makeReadOnly(root, destination);
}

/** A bind mount takes no flags when it is made; what is on top now is reached by walking there again. */
function makeReadOnly(root: number, destination: string): void {
  const top = openTarget(root, destination, null, undefined);
  try {
    const flags = MS_REMOUNT | MS_BIND | MS_RDONLY;
    mount({ source: 'none', target: atDescriptor(top), type: null, flags });
  } finally {
    closeSync(top);
  }
}

function openTarget(
  root: number,
  destination: string,
  isDirectory: boolean | null,
  make: number | undefined,
): number {
  using walk = new PathWalk(root);
  const { dir, base } = posix.parse(posix.normalize(destination));
  walk.to(dir, { make });
  if (isDirectory === true) {
    walk.to(base, { make });
    return openSync(atDescriptor(walk.directory), O_PATH | O_DIRECTORY);
  }
  return openLast(walk, base, make);
}

/** A mount on a file; a symlink in its place is followed as it is for directories. */
function openLast(walk: PathWalk, base: string, make: number | undefined): number {
  try {
    const fd = openSync(atName(walk.directory, base), O_PATH | O_NOFOLLOW);
    if (!fstatSync(fd).isSymbolicLink()) return fd;
    closeSync(fd);
    walk.to(base);
    return openSync(atDescriptor(walk.directory), O_PATH | O_DIRECTORY);
  } catch (error) {
    if (make === undefined || !isErrno(error, 'ENOENT')) throw error;
    writeFileSync(atName(walk.directory, base), '', { flag: 'wx', mode: 0o755 });
    return openSync(atName(walk.directory, base), O_PATH | O_NOFOLLOW);
  }
}

/** Makes the tree the root of this namespace and lets go of everything else in it. */
function pivotTo(mountPoint: string): number {
  const old = openSync('/', O_PATH | O_DIRECTORY);
  try {
    chdirCall(`enter ${mountPoint}`, mountPoint);
    pivotRoot(`make ${mountPoint} the root`, '.', '.');
    fchdirCall('return to the old root', old);
    detach('.');
    chdirCall('enter the new root', '/');
    return openSync('/', O_PATH | O_DIRECTORY);
  } finally {
    closeSync(old);
  }
}

function comeBack(home: number, root: number): void {
  try {
    setnsCall('return to the own mount namespace', home, CLONE_NEWNS);
    fchdirCall('return to the own root', root);
    chrootCall('return to the own root', '.');
  } catch (error) {
    throw new MountNamespaceLost(error);
  }
}
