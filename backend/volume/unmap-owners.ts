import { chmodSync, lchownSync } from 'node:fs';
import { setTimes, timestampOf } from '../linux/file-times.ts';
import { walkTree, type Found } from '../linux/walk-tree.ts';
import { readXattrs, setXattr } from '../linux/xattr.ts';
import { toContainer, type IdMapping } from '../oci/id-mapping.ts';

/**
 * Gives a tree that was copied out of a container in a user namespace the owners that its processes see. A volume
 * holds those, so that it can be shared with containers that have other ids on the host, or none of their own.
 */
export function unmapOwners(directory: string, mapping: IdMapping): Promise<void> {
  return walkTree(directory, (found) => unmapOne(found, mapping));
}

function unmapOne({ handlePath, stats }: Found, mapping: IdMapping): void {
  const [onHost, groupOnHost] = [Number(stats.uid), Number(stats.gid)];
  // Another name of a file that was here already has none of the mapping's ids any more.
  const uid = toContainer(mapping, onHost) ?? onHost;
  const gid = toContainer(mapping, groupOnHost) ?? groupOnHost;
  if (uid === onHost && gid === groupOnHost) return;
  const capability = stats.isFile() ? readXattrs(handlePath).get(CAPABILITY) : undefined;
  lchownSync(handlePath, uid, gid);
  // A change of owner takes setuid bits and file capabilities away.
  if (!stats.isSymbolicLink()) chmodSync(handlePath, Number(stats.mode & 0o7777n));
  if (capability) setXattr(handlePath, Buffer.from(CAPABILITY), unmapCapability(capability, mapping));
  setTimes(handlePath, timestampOf(stats.mtimeNs));
}

const CAPABILITY = 'security.capability';
// struct vfs_ns_cap_data: revision and flags, two pairs of masks, and from revision 3 on whose root it holds for.
const ROOT_ID_OFFSET = 20;
const REVISION_2 = 0x0200_0000;
const FLAGS = 0x00ff_ffff;

/** For the container's root the kernel shows revision 3, which no other user namespace honours. */
function unmapCapability(value: Buffer, mapping: IdMapping): Buffer {
  if (value.length <= ROOT_ID_OFFSET) return value;
  const root = toContainer(mapping, value.readUInt32LE(ROOT_ID_OFFSET));
  if (root === undefined) return value;
  const unmapped = Buffer.from(value.subarray(0, root === 0 ? ROOT_ID_OFFSET : value.length));
  if (root === 0) unmapped.writeUInt32LE((REVISION_2 | (value.readUInt32LE(0) & FLAGS)) >>> 0, 0);
  else unmapped.writeUInt32LE(root, ROOT_ID_OFFSET);
  return unmapped;
}
