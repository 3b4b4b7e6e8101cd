import { statfsSync } from 'node:fs';

/** File systems that show the kernel and hold no files of anybody's, by `f_type` (statfs(2), <linux/magic.h>). */
const MAGIC = new Set([
  0x9fa0, // proc
  0x62656572, // sysfs
  0x27e0eb, // cgroup
  0x63677270, // cgroup2
  0x1cd1, // devpts
  0x19800202, // mqueue
  0xcafe4a11, // bpf
  0x74726163, // tracefs
  0x64626720, // debugfs
  0x73636673, // securityfs
]);

/**
 * Whether a mounted directory is the machine's and not the container's: an archive of what is above it has the
 * directory alone. Docker's view of a container does not have these mounts at all.
 */
export function isKernelTree(place: Buffer, path: string): boolean {
  return path === 'dev' || MAGIC.has(statfsSync(place).type);
}
