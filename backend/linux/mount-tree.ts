import { rawSyscall } from './raw-syscall.ts';

const openTree = rawSyscall('open_tree', 'int directory, const char *path, unsigned int flags');
const mountSetattr = rawSyscall(
  'mount_setattr',
  'int directory, const char *path, unsigned int flags, const void *attributes, size_t size',
);
const moveMount = rawSyscall(
  'move_mount',
  'int fromFd, const char *from, int toFd, const char *to, unsigned int flags',
);

const AT_FDCWD = -100;
const AT_EMPTY_PATH = 0x1000;
const AT_RECURSIVE = 0x8000;
const OPEN_TREE_CLONE = 1;
const OPEN_TREE_CLOEXEC = 0o2000000;
const MOUNT_ATTR_IDMAP = 0x0010_0000n;
const MOVE_MOUNT_F_EMPTY_PATH = 4;

/**
 * A bind mount of `path` that is nowhere yet: it lives as long as the descriptor, until it is placed.
 * @param options.recursive with the mounts below it
 */
export function cloneMount(path: string, options: { recursive?: boolean } = {}): number {
  const flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (options.recursive ? AT_RECURSIVE : 0);
  return openTree(`clone the mount of ${path}`, AT_FDCWD, path, flags);
}

/**
 * Shows the files of a clone with their owners moved as the user namespace maps them: what belongs to 0 on disk
 * belongs to the namespace's root in the mount. Only before it is placed. Takes Linux 5.12 and a file system
 * that allows it; EINVAL where it does not.
 */
export function mapMountIds(mount: number, userNamespace: number, what: string): void {
  // struct mount_attr: attr_set, attr_clr, propagation, userns_fd.
  const attributes = Buffer.alloc(32);
  attributes.writeBigUInt64LE(MOUNT_ATTR_IDMAP, 0);
  attributes.writeBigUInt64LE(BigInt(userNamespace), 24);
  const name = `map the ids of ${what}`;
  mountSetattr(name, mount, '', AT_EMPTY_PATH, attributes, attributes.length);
}

/** Gives a clone its place in the tree. */
export function placeMount(mount: number, target: string): void {
  moveMount(`place a mount on ${target}`, mount, '', AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH);
}
