import { syscall, SyscallError } from './libc.ts';
import { cString } from './raw-syscall.ts';

const lsetxattr = syscall(
  'int lsetxattr(const void *path, const void *name, const void *value, size_t size, int flags)',
);
const fsetxattr = syscall(
  'int fsetxattr(int fd, const void *name, const void *value, size_t size, int flags)',
);
const lgetxattr = syscall('long lgetxattr(const void *path, const void *name, void *value, size_t size)');
const llistxattr = syscall('long llistxattr(const void *path, void *list, size_t size)');

/** A file by its path (a symlink itself, not what it points to) or by an open descriptor. */
export type XattrTarget = Buffer | number;

export function setXattr(target: XattrTarget, name: Buffer, value: Buffer): void {
  const what = `set extended attribute ${name.toString()}`;
  if (typeof target === 'number') fsetxattr(what, target, cString(name), value, value.length, 0);
  else lsetxattr(what, cString(target), cString(name), value, value.length, 0);
}

/** Names with their values, as bytes. Empty where the file system has no extended attributes. */
export function readXattrs(path: Buffer): Map<string, Buffer> {
  const target = cString(path);
  const values = new Map<string, Buffer>();
  const list = grow((buffer) => llistxattr('list extended attributes', target, buffer, buffer.length));
  for (const name of (list ?? Buffer.alloc(0)).toString('latin1').split('\0')) {
    if (name === '') continue;
    const key = cString(Buffer.from(name, 'latin1'));
    const value = grow((buffer) => lgetxattr(`read ${name}`, target, key, buffer, buffer.length));
    if (value) values.set(name, value);
  }
  return values;
}

// The kernel's own limits (XATTR_LIST_MAX, XATTR_SIZE_MAX).
const LARGEST = 65536;
const scratch = Buffer.alloc(4096);

/** Calls with a small buffer first: nearly every list and value fits it. Undefined where there is none. */
function grow(read: (buffer: Buffer) => number): Buffer | undefined {
  for (const buffer of [scratch, undefined]) {
    try {
      const target = buffer ?? Buffer.alloc(LARGEST);
      return Buffer.from(target.subarray(0, read(target)));
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
      if (error.code === 'ENODATA' || error.code === 'ENOTSUP' || error.code === 'EOPNOTSUPP')
        return undefined;
      if (error.code !== 'ERANGE' || buffer === undefined) throw error;
    }
  }
  return undefined;
}
