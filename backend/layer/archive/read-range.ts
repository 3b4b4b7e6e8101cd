import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { invalidArgument } from '../../base/errors.ts';
import { atDescriptor, atName, PathWalk } from '../../linux/path-walk.ts';
import { boundsOf } from './byte-range.ts';
import { explainFailure } from './explain-failure.ts';
import type { ReadTask } from './messages.ts';
import { attributesOf } from './open-resource.ts';
import type { Output } from './output.ts';
import { walkToFile } from './walk-to-file.ts';

const O_PATH = 0o10000000;
const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
const CHUNK = 256 * 1024;

/** @throws not-found; invalid-argument for what is no regular file */
export function readRange(root: number, { path, range }: ReadTask): Output {
  using walk = new PathWalk(root);
  try {
    const name = walkToFile(walk, path);
    const fd = openRegular(walk.directory, name);
    const stats = fstatSync(fd, { bigint: true });
    const bounds = boundsOf(range, Number(stats.size));
    return { stat: attributesOf(name, stats, ''), chunks: contentOf(fd, bounds ?? { start: 0, end: 0 }) };
  } catch (error) {
    throw explainFailure(error);
  }
}

/** By way of a descriptor that opens nothing: opening a FIFO would wait, and opening a device can do things. */
function openRegular(directory: number, name: string): number {
  const handle = openSync(atName(directory, name), O_PATH | O_NOFOLLOW);
  try {
    if (!fstatSync(handle).isFile()) throw invalidArgument('not a regular file');
    return openSync(atDescriptor(handle), O_RDONLY | O_NONBLOCK);
  } finally {
    closeSync(handle);
  }
}

/** What is cut off meanwhile reads as zeros: the head has promised the length. */
function* contentOf(fd: number, { start, end }: { start: number; end: number }): Generator<Buffer> {
  try {
    for (let at = start; at < end; ) {
      // Memory of its own, because it is handed over to another thread.
      const piece = Buffer.allocUnsafeSlow(Math.min(CHUNK, end - at));
      const read = readSync(fd, piece, 0, piece.length, at);
      piece.fill(0, read);
      at += piece.length;
      yield piece;
    }
  } finally {
    closeSync(fd);
  }
}
