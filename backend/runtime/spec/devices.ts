import { lstatSync, readdirSync, realpathSync, statSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { internal, isErrno, messageOf } from '../../base/errors.ts';

export interface DeviceNode {
  path: string;
  type: 'b' | 'c';
  major: number;
  minor: number;
  fileMode: number;
  uid: number;
  gid: number;
}

/** A device of the host that a container gets, and what it may do with it: letters of `rwm`. */
export interface GrantedDevice {
  node: DeviceNode;
  access: string;
}

interface DeviceMapping {
  pathOnHost: string;
  pathInContainer: string;
  permissions: string;
}

/** Docker's `--device`: a device, or every device of a directory. @throws where there is none */
export function devicesOfMapping({
  pathOnHost,
  pathInContainer,
  permissions,
}: DeviceMapping): GrantedDevice[] {
  const found = devicesAt(pathOnHost);
  if (found.length > 0) {
    return found.map(({ below, node }) => ({
      node: { ...node, path: join(pathInContainer, below) },
      access: permissions,
    }));
  }
  throw gatheringError(pathOnHost, 'not a device node');
}

function devicesAt(pathOnHost: string): { below: string; node: DeviceNode }[] {
  try {
    const real = realpathSync(pathOnHost);
    const stats = statSync(real);
    if (stats.isDirectory())
      return devicesBelow(real).map((node) => ({ below: node.path.slice(real.length), node }));
    const node = deviceNode(pathOnHost, stats);
    return node ? [{ below: '', node }] : [];
  } catch (error) {
    if (isErrno(error, 'ENOENT')) throw gatheringError(pathOnHost, 'no such file or directory', error);
    throw gatheringError(pathOnHost, messageOf(error), error);
  }
}

function gatheringError(path: string, reason: string, cause?: unknown): Error {
  return internal(
    `error gathering device information while adding custom device ${JSON.stringify(path)}: ${reason}`,
    cause,
  );
}

/** Numbers of a block device whose speed is limited. @throws where there is none */
export function deviceNumbers(path: string): { major: number; minor: number } {
  let stats: Stats;
  try {
    stats = statSync(path);
  } catch (error) {
    throw internal(
      `stat ${path}: ${isErrno(error, 'ENOENT') ? 'no such file or directory' : messageOf(error)}`,
      error,
    );
  }
  return numbersOf(stats);
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

/** Every device below a directory, links left out. Of /dev itself without those that each container has of its own. */
export function devicesBelow(directory: string): DeviceNode[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry): DeviceNode[] => {
    const path = join(directory, entry.name);
    if (directory === '/dev' && OWN.has(entry.name)) return [];
    if (entry.isDirectory()) return devicesBelow(path);
    if (!entry.isBlockDevice() && !entry.isCharacterDevice()) return [];
    const stats = lstatSync(path, { throwIfNoEntry: false });
    const node = stats ? deviceNode(path, stats) : null;
    return node ? [node] : [];
  });
}

function deviceNode(path: string, stats: Stats): DeviceNode | null {
  if (!stats.isBlockDevice() && !stats.isCharacterDevice()) return null;
  const { mode, uid, gid } = stats;
  const type = stats.isBlockDevice() ? 'b' : 'c';
  return { path, type, ...numbersOf(stats), fileMode: mode & 0o7777, uid, gid };
}

/** Linux' encoding of dev_t in stat(2): 12 bits of major, 20 of minor (8 low, 12 high). */
function numbersOf({ rdev }: Stats): { major: number; minor: number } {
  return { major: (rdev >> 8) & 0xfff, minor: (rdev & 0xff) | ((rdev >> 12) & 0xfff00) };
}
