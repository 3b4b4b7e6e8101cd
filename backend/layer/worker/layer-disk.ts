import { chmodSync, fchmodSync, fchownSync, lchownSync, linkSync, mkdirSync } from 'node:fs';
import { rmdirSync, symlinkSync, unlinkSync } from 'node:fs';
import { setTimes } from '../../linux/file-times.ts';
import { mknod, S_IFBLK, S_IFCHR, S_IFIFO } from '../../linux/mknod.ts';
import { setXattr, type XattrTarget } from '../../linux/xattr.ts';
import { isErrno } from '../../base/errors.ts';
import type { Inode, Node, TreeDisk } from './layer-tree.ts';

const DIRECTORY_MODE = 0o755;
const SET_ID = 0o6000;
const OPAQUE = Buffer.from('trusted.overlay.opaque');
const YES = Buffer.from('y');

/**
 * Makes what the tree says, in the directory that is this thread's root. The umask is 0, so modes given
 * at creation hold. Order matters: changing the owner clears set-id bits and file capabilities, and
 * every write changes the time, so it is owner, mode, extended attributes, times.
 */
export class LayerDisk implements TreeDisk {
  /** Extended attributes that this file system does not take, by name. */
  readonly refusedXattrs = new Map<string, number>();

  /** Attributes come at the end: what is made in a directory changes its time. */
  makeDirectory(node: Node): void {
    mkdirSync(pathBytes(node), DIRECTORY_MODE);
  }

  makeSpecial(node: Node): void {
    const path = pathBytes(node);
    const { type, mode, device, linkTarget } = node.inode;
    if (type === 'symlink') symlinkSync(Buffer.from(linkTarget ?? '', 'latin1'), path);
    else if (type === 'whiteout') mknod(path, S_IFCHR);
    else mknod(path, (type === 'fifo' ? S_IFIFO : type === 'char' ? S_IFCHR : S_IFBLK) | mode, device);
    if (type !== 'whiteout') this.#setAttributes(path, node.inode);
  }

  link(existing: Node, node: Node): void {
    linkSync(pathBytes(existing), pathBytes(node));
  }

  finishFile(fd: number, { uid, gid, mode, xattrs, mtime }: Inode): void {
    if (uid !== 0 || gid !== 0) {
      fchownSync(fd, uid, gid);
      if (mode & SET_ID) fchmodSync(fd, mode);
    }
    this.#setXattrs(fd, xattrs);
    setTimes(fd, mtime);
  }

  finishDirectory(node: Node): void {
    const path = pathBytes(node);
    // The root was made by somebody else, with a mode that we do not know.
    if (node.inode.mode !== DIRECTORY_MODE || node.parent === null) chmodSync(path, node.inode.mode);
    if (node.opaque) setXattr(path, OPAQUE, YES);
    this.#setAttributes(path, node.inode);
  }

  delete(node: Node): void {
    if (!node.children) unlinkSync(pathBytes(node));
    else {
      for (const child of node.children.values()) this.delete(child);
      rmdirSync(pathBytes(node));
    }
  }

  #setAttributes(path: Buffer, { type, uid, gid, mode, xattrs, mtime }: Inode): void {
    if (uid !== 0 || gid !== 0) {
      lchownSync(path, uid, gid);
      if (mode & SET_ID && type !== 'symlink') chmodSync(path, mode);
    }
    this.#setXattrs(path, xattrs);
    setTimes(path, mtime);
  }

  #setXattrs(target: XattrTarget, xattrs: Inode['xattrs']): void {
    for (const [name, value] of xattrs ?? []) {
      try {
        setXattr(target, Buffer.from(name, 'latin1'), value);
      } catch (error) {
        // As in Docker: a file system without them, or `user.` on a symlink, must not fail a pull.
        if (!isErrno(error, 'ENOTSUP') && !isErrno(error, 'EOPNOTSUPP') && !isErrno(error, 'EPERM'))
          throw error;
        this.refusedXattrs.set(name, (this.refusedXattrs.get(name) ?? 0) + 1);
      }
    }
  }
}

/** The path from this thread's root; never empty. */
export function pathBytes(node: Node): Buffer {
  return node.path === '' ? Buffer.from('.') : Buffer.from(node.path, 'latin1');
}
