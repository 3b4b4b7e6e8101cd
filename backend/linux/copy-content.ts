import { ftruncateSync, readSync, writeSync } from 'node:fs';
import { isErrno } from '../base/errors.ts';
import { syscall } from './libc.ts';

const FICLONE = 0x40049409;
const SEEK_DATA = 3;
const SEEK_HOLE = 4;
const PIECE = 1024 * 1024;
const ioctl = syscall('int ioctl(int fd, unsigned long request, long argument)');
const lseek = syscall('int64_t lseek(int fd, int64_t offset, int from)');

/**
 * Makes an empty file the same as another one: with its blocks where the file system can share them (FICLONE), else
 * piece by piece with the holes left out. Yields the bytes of each piece as it is done.
 */
export function* copyContent(from: number, to: number, size: number): Generator<number> {
  if (size === 0) return;
  if (shared(from, to)) {
    yield size;
    return;
  }
  const piece = Buffer.allocUnsafe(Math.min(PIECE, size));
  let done = 0;
  for (let at = 0; at < size; ) {
    const data = seek(from, at, SEEK_DATA) ?? size;
    const hole = Math.min(seek(from, data, SEEK_HOLE) ?? size, size);
    for (at = data; at < hole; ) {
      const read = readSync(from, piece, 0, Math.min(piece.length, hole - at), at);
      // Cut off meanwhile: the rest is a hole, as the length was told before.
      if (read === 0) break;
      writeAll(to, piece.subarray(0, read), at);
      at += read;
      yield at - done;
      done = at;
    }
    if (at < hole) break;
  }
  ftruncateSync(to, size);
  if (done < size) yield size - done;
}

function shared(from: number, to: number): boolean {
  try {
    ioctl('share the blocks of a file', to, FICLONE, from);
    return true;
  } catch {
    return false;
  }
}

/** Undefined where nothing of that kind follows. A file system that knows no holes says that all is data. */
function seek(fd: number, offset: number, kind: number): number | undefined {
  try {
    return lseek('look for a hole', fd, offset, kind);
  } catch (error) {
    if (isErrno(error, 'ENXIO')) return undefined;
    if (isErrno(error, 'EINVAL')) return kind === SEEK_DATA ? offset : undefined;
    throw error;
  }
}

function writeAll(fd: number, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length; )
    done += writeSync(fd, bytes, done, bytes.length - done, position + done);
}
