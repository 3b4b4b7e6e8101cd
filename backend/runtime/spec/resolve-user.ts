import { closeSync, fstatSync, readSync } from 'node:fs';
import { invalidArgument, notFound } from '../../base/errors.ts';
import { openInRoot } from '../../linux/open-in-root.ts';

export interface ResolvedUser {
  uid: number;
  gid: number;
  /** With the primary group first: a program that drops the primary one must not win rights by it. */
  additionalGids: number[];
  /** From the passwd file; `/` where it has no entry. */
  home: string;
}

interface PasswdEntry {
  name: string;
  uid: number;
  gid: number;
  home: string;
}
interface GroupEntry {
  name: string;
  gid: number;
  members: string[];
}

const LARGEST_ID = 2 ** 31 - 1;
const LARGEST_FILE = 8 * 1024 * 1024;

/**
 * Docker's `user` (`name`, `uid`, `name:group`, `uid:gid`, empty for root) by the passwd and group files inside the
 * root file system; numbers need no entry. `groupAdd` names further groups.
 * @throws invalid-argument where a name has no entry or a number is out of range.
 */
export function resolveUser(rootfs: string, user: string, groupAdd: readonly string[] = []): ResolvedUser {
  const [userPart = '', ...rest] = user.split(':');
  const groupPart = rest.join(':');
  const groups = readGroups(rootfs);
  const entry = findUser(readPasswd(rootfs), userPart || '0');
  const gid = groupPart === '' ? entry.gid : findGroup(groups, groupPart);
  // A group that is named takes the place of all that the user is a member of.
  const own = groupPart === '' ? groups.filter(({ members }) => members.includes(entry.name)) : [];
  const added = groupAdd.map((name) => findGroup(groups, name));
  const additionalGids = [...new Set([gid, ...own.map((group) => group.gid), ...added])];
  return { uid: entry.uid, gid, additionalGids, home: entry.home || '/' };
}

function findUser(entries: readonly PasswdEntry[], wanted: string): PasswdEntry {
  const number = numeric(wanted, 'user');
  const entry =
    entries.find(({ name }) => name === wanted) ??
    entries.find(({ uid }) => number !== null && uid === number);
  if (entry) return entry;
  if (number === null)
    throw invalidArgument(`unable to find user ${wanted}: no matching entries in passwd file`);
  return { name: '', uid: number, gid: 0, home: '/' };
}

function findGroup(entries: readonly GroupEntry[], wanted: string): number {
  const number = numeric(wanted, 'group');
  const entry = entries.find(({ name }) => name === wanted);
  if (entry) return entry.gid;
  if (number === null)
    throw invalidArgument(`unable to find group ${wanted}: no matching entries in group file`);
  return number;
}

function numeric(text: string, what: string): number | null {
  if (!/^-?\d+$/.test(text)) return null;
  const value = Number(text);
  if (value >= 0 && value <= LARGEST_ID) return value;
  throw invalidArgument(`${what} ${text}: uids and gids must be in range 0-${LARGEST_ID}`);
}

function readPasswd(rootfs: string): PasswdEntry[] {
  return lines(rootfs, '/etc/passwd').flatMap(([name = '', , uid, gid, , home = '']) => {
    const entry = { name, uid: Number(uid), gid: Number(gid), home };
    return Number.isInteger(entry.uid) && Number.isInteger(entry.gid) ? [entry] : [];
  });
}

function readGroups(rootfs: string): GroupEntry[] {
  return lines(rootfs, '/etc/group').flatMap(([name = '', , gid, members = '']) =>
    Number.isInteger(Number(gid))
      ? [{ name, gid: Number(gid), members: members.split(',').filter(Boolean) }]
      : [],
  );
}

function lines(rootfs: string, path: string): string[][] {
  const text = readInRoot(rootfs, path);
  return text
    .split('\n')
    .filter((line) => line.includes(':') && !line.startsWith('#'))
    .map((line) => line.trim().split(':'));
}

/** The file's text; empty where the image has none. The image is a stranger's: its symlinks stay inside. */
function readInRoot(rootfs: string, path: string): string {
  let fd: number;
  try {
    fd = openInRoot(rootfs, path);
  } catch (error) {
    if (
      error instanceof Error &&
      'code' in error &&
      ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(String(error.code))
    ) {
      return '';
    }
    throw error;
  }
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) throw notFound(`${path} in the image is no regular file`);
    if (stats.size > LARGEST_FILE)
      throw invalidArgument(`${path} in the image is larger than ${LARGEST_FILE} bytes`);
    const content = Buffer.alloc(stats.size);
    return content.toString('utf8', 0, readSync(fd, content, 0, stats.size, 0));
  } finally {
    closeSync(fd);
  }
}
