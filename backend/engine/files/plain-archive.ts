import { Readable } from 'node:stream';
import { invalidArgument, isErrno } from '../../base/errors.ts';
import { FilterFailed, throughProgram } from '../../linux/through-program.ts';
import { foreignFilter, SNIFFED } from '../../layer/archive/sniff-compression.ts';

/** Decompressed where Node cannot do that itself. Dispose of it: a program may be at work. */
export interface PlainArchive extends Disposable {
  content: Readable;
}

/** An archive whose readers know gzip and zstd, for those that come with bzip2 or xz. Nothing is read before they ask. */
export function plainArchive(source: Readable, signal: AbortSignal): PlainArchive {
  const over = new AbortController();
  const content = Readable.from(bytesOf(source, AbortSignal.any([signal, over.signal])), {
    objectMode: false,
    highWaterMark: 256 * 1024,
  });
  content.on('error', () => undefined);
  return {
    content,
    [Symbol.dispose]: () => {
      over.abort();
      content.destroy();
    },
  };
}

async function* bytesOf(source: Readable, signal: AbortSignal): AsyncGenerator<Buffer> {
  const { start, rest } = await peek(source);
  yield* withoutForeign(start, joined(start, rest), signal);
}

/** @throws invalid-argument where the program is not installed, or says that the archive is damaged */
export async function* withoutForeign(
  start: Buffer,
  chunks: AsyncIterable<Buffer>,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const filter = foreignFilter(start);
  try {
    yield* filter ? throughProgram(filter, chunks, signal) : chunks;
  } catch (error) {
    throw filter ? explained(error, filter.program) : error;
  }
}

function explained(error: unknown, program: string): unknown {
  if (error instanceof FilterFailed) return invalidArgument(`archive is damaged: ${error.message}`, error);
  if (!isErrno(error, 'ENOENT') && !isErrno(error, 'EACCES')) return error;
  return invalidArgument(
    `archives compressed with ${program} need the program ${program}, which is not installed on this machine`,
    error,
  );
}

/** The first bytes, and the others after them. */
export async function peek(source: Readable): Promise<{ start: Buffer; rest: AsyncIterator<Buffer> }> {
  // Of a request the connection is needed for the answer.
  const rest = source.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  let start: Buffer = Buffer.alloc(0);
  while (start.length < SNIFFED) {
    const next = await rest.next();
    if (next.done) break;
    start = Buffer.concat([start, next.value]);
  }
  return { start, rest };
}

export async function* joined(start: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    if (start.length > 0) yield start;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
