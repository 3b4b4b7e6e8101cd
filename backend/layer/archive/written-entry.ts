import type { BigIntStats } from 'node:fs';
import { deviceOf } from '../../linux/device-number.ts';
import { timestampOf } from '../../linux/file-times.ts';
import { readXattrs } from '../../linux/xattr.ts';
import { OVERFLOW_ID, toContainer, type IdMapping } from '../../oci/id-mapping.ts';
import type { TarType } from '../tar/tar-entry.ts';
import type { WrittenEntry } from '../tar/write-header.ts';

/** An entry with the attributes of what lies at `place`; ids as the container counts them. Links have no target yet. */
export function writtenEntry(
  place: Buffer,
  stats: BigIntStats,
  name: string,
  mapping: IdMapping | null,
): WrittenEntry {
  const type = tarTypeOf(stats);
  return {
    name,
    type,
    mode: Number(stats.mode & 0o7777n),
    uid: toContainer(mapping, Number(stats.uid)) ?? OVERFLOW_ID,
    gid: toContainer(mapping, Number(stats.gid)) ?? OVERFLOW_ID,
    size: type === 'file' ? Number(stats.size) : 0,
    mtime: timestampOf(stats.mtimeNs),
    linkName: '',
    device: type === 'char' || type === 'block' ? deviceOf(stats.rdev) : [0, 0],
    xattrs: ownXattrs(place, mapping),
  };
}

function tarTypeOf(stats: BigIntStats): TarType {
  if (stats.isDirectory()) return 'directory';
  if (stats.isSymbolicLink()) return 'symlink';
  if (stats.isFIFO()) return 'fifo';
  if (stats.isBlockDevice()) return 'block';
  return stats.isCharacterDevice() ? 'char' : 'file';
}

/** Labels and signatures of this machine, and what overlayfs notes down for itself. */
const LOCAL = /^(?:(?:trusted|user)\.overlay\.|security\.(?:selinux|ima|evm|SMACK64))/;

function ownXattrs(place: Buffer, mapping: IdMapping | null): Map<string, Buffer> {
  const own = new Map<string, Buffer>();
  for (const [name, value] of readXattrs(place)) {
    if (LOCAL.test(name)) continue;
    // Access lists hold ids of the host.
    if (mapping !== null && name.startsWith('system.posix_acl_')) continue;
    own.set(name, name === 'security.capability' ? plainCapability(value) : value);
  }
  return own;
}

const REVISION_2 = 0x02000000;
const REVISION_3 = 0x03000000;

/** Capabilities that hold in one user namespace only (revision 3) name its root by a host id: elsewhere it means nothing. */
function plainCapability(value: Buffer): Buffer {
  const magic = value.length === 24 ? value.readUInt32LE(0) : 0;
  if ((magic & 0xff000000) >>> 0 !== REVISION_3) return value;
  const plain = Buffer.from(value.subarray(0, 20));
  plain.writeUInt32LE(((magic & 0x00ffffff) | REVISION_2) >>> 0, 0);
  return plain;
}
