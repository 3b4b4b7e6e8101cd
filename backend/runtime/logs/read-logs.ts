import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DirectoryWatch } from './directory-watch.ts';
import { LineJoiner, type LogLine } from './line-joiner.ts';
import { logFiles, openLog, successorOf } from './log-files.ts';
import { parseLogRecord, timeOfNanoseconds, type LogRecord } from './log-record.ts';
import { tailStart } from './tail-start.ts';

export type { LogLine } from './line-joiner.ts';

export interface LogRequest {
  /** Of the current file, as given to Runtime.create; rotated ones lie beside it as `<path>.1`, …. */
  path: string;
  follow: boolean;
  /** The last lines only; null for all. */
  tail?: number | null | undefined;
  /** Nanoseconds since the epoch; the bounds belong to it. */
  since?: bigint | null | undefined;
  until?: bigint | null | undefined;
  /** Settles when the container has exited: what is in the file then is read, and following ends. */
  ended?: Promise<unknown> | undefined;
  /** Ends the reading quietly. */
  signal?: AbortSignal | undefined;
}

const BLOCK = 64 * 1024;
const NEWLINE = 10;

/**
 * A container's output from its log. The parts of long lines are joined; with `follow` every line comes once, across
 * rotations, until the container has `ended` and all is read, or `until` has passed, or `signal` aborts.
 */
export async function* readLogs(request: LogRequest): AsyncGenerator<LogLine> {
  const since = request.since == null ? '' : timeOfNanoseconds(request.since);
  const until = request.until == null ? '~' : timeOfNanoseconds(request.until);
  const joiner = new LineJoiner();
  const { files, skip } = await firstFiles(request);
  let left = skip;
  for await (const record of records(request, files)) {
    if (record.time > until) break;
    const line = joiner.add(record);
    if (line && left > 0) left -= 1;
    else if (line && line.time >= since) yield line;
  }
  for (const line of joiner.rest()) if (line.time >= since && !request.signal?.aborted) yield line;
}

/** An open file and where to begin in it. */
interface OpenLog {
  file: FileHandle;
  offset: number;
}

async function firstFiles({ path, tail }: LogRequest): Promise<{ files: OpenLog[]; skip: number }> {
  const files: OpenLog[] = [];
  let wanted = tail ?? Infinity;
  let skip = 0;
  // From the newest back, until there are lines enough.
  for (const name of (await logFiles(path)).reverse()) {
    if (files.length > 0 && wanted <= 0) break;
    const file = await openLog(name);
    if (!file) continue;
    const start = wanted === Infinity ? { offset: 0, skip: 0, found: 0 } : await tailStart(file, wanted);
    files.unshift({ file, offset: start.offset });
    skip = start.skip;
    wanted -= start.found;
  }
  return { files, skip };
}

async function* records(request: LogRequest, files: OpenLog[]): AsyncGenerator<LogRecord> {
  const stop = new AbortController();
  const onAbort = (): void => stop.abort();
  request.signal?.addEventListener('abort', onAbort, { once: true });
  if (request.signal?.aborted) stop.abort();
  try {
    while (files.length > 1 && !stop.signal.aborted) {
      const [oldest] = files;
      if (oldest) yield* recordsOf(oldest, stop.signal);
      await files.shift()?.file.close();
    }
    if (request.follow) yield* follow(request, files, stop.signal);
    else if (files[0]) yield* recordsOf(files[0], stop.signal);
  } finally {
    request.signal?.removeEventListener('abort', onAbort);
    for (const { file } of files) await file.close();
  }
}

async function* follow(
  request: LogRequest,
  files: OpenLog[],
  signal: AbortSignal,
): AsyncGenerator<LogRecord> {
  using watch = new DirectoryWatch(dirname(request.path));
  let ended = false;
  const onEnd = (): void => {
    ended = true;
    watch.notify();
  };
  request.ended?.then(onEnd, onEnd);
  const onAbort = (): void => watch.notify();
  signal.addEventListener('abort', onAbort, { once: true });
  while (!signal.aborted) {
    // Looked at before reading: what was written before the end is then in the file.
    const last = ended;
    const current = files[0] ?? (await openCurrent(request.path, files));
    if (current) yield* recordsOf(current, signal);
    if (current && (await moveOn(current, request.path, files))) {
      // Whatever came between the reading and the rotation.
      yield* recordsOf(current, signal);
      await current.file.close();
    } else if (last || remaining(request.until) <= 0) return;
    else await watch.changed(remaining(request.until));
  }
}

async function openCurrent(path: string, files: OpenLog[]): Promise<OpenLog | null> {
  const file = await openLog(path);
  if (file) files[0] = { file, offset: 0 };
  return files[0] ?? null;
}

async function moveOn(current: OpenLog, path: string, files: OpenLog[]): Promise<boolean> {
  const file = await successorOf(current.file, path);
  if (file) files[0] = { file, offset: 0 };
  return file !== null;
}

/** Milliseconds until the end of what is asked for. */
function remaining(until: bigint | null | undefined): number {
  return until == null ? Infinity : Math.min(Number(until / 1_000_000n) + 1 - Date.now(), 2 ** 31 - 1);
}

/** The records from where the file was left to its end; half a line at the end waits for its other half. */
async function* recordsOf(log: OpenLog, signal: AbortSignal): AsyncGenerator<LogRecord> {
  let rest: Buffer = Buffer.alloc(0);
  while (!signal.aborted) {
    const block = Buffer.allocUnsafe(BLOCK);
    const { bytesRead } = await log.file.read(block, 0, BLOCK, log.offset + rest.length);
    if (bytesRead === 0) return;
    const read = block.subarray(0, bytesRead);
    const data = rest.length > 0 ? Buffer.concat([rest, read]) : read;
    let begin = 0;
    for (let end = data.indexOf(NEWLINE); end >= 0; end = data.indexOf(NEWLINE, begin)) {
      const record = parseLogRecord(data.subarray(begin, end));
      begin = end + 1;
      if (record) yield record;
    }
    rest = data.subarray(begin);
    log.offset += begin;
  }
}
