import type { FileHandle } from 'node:fs/promises';
import type { StreamName } from '../runtime.ts';
import type { OpenLog } from './log-files.ts';
import { parseLogRecord, type LogRecord } from './log-record.ts';

/** The first so many lines of a stream are not wanted: they lie between the parts of a line that is. */
export interface SkippedLines {
  stream: StreamName;
  lines: number;
}

interface TailStart {
  offset: number;
  skip: SkippedLines | null;
  /** Lines from there to the end of the file, those left out not counted. */
  found: number;
}

const BLOCK = 64 * 1024;
const NEWLINE = 10;

export interface Tail {
  /** How many of the oldest files are not needed. */
  unused: number;
  skip: SkippedLines | null;
  /** Of the last record that was counted; empty where there is none. */
  lastTime: string;
}

/**
 * Sets the files' offsets so that the last `wanted` lines come out, beginning at the newest file. Lines are counted
 * up to the files' fixed ends: what is written meanwhile makes no line older.
 */
export async function startAtTail(files: readonly OpenLog[], wanted: number): Promise<Tail> {
  let left = wanted;
  let skip: SkippedLines | null = null;
  const counted: Counted = { lastTime: '', streams: new Set() };
  for (let place = files.length - 1; place >= 0; place -= 1) {
    const log = files[place];
    if (!log) continue;
    const start = await tailStart(await log.file(), log.end, left, counted);
    log.offset = start.offset;
    skip = start.skip;
    left -= start.found;
    // With none left, and all of this file wanted, the first line may have begun in the file before.
    if (left <= 0 && start.offset > 0) return { unused: place, skip, lastTime: counted.lastTime };
  }
  return { unused: 0, skip, lastTime: counted.lastTime };
}

interface Counted {
  lastTime: string;
  /** Streams of which a record has been seen. */
  streams: Set<StreamName>;
}

/** Looks for the last `wanted` lines from the file's end, block by block: never more of it than they take. */
async function tailStart(
  file: FileHandle,
  fixedEnd: number,
  wanted: number,
  counted: Counted,
): Promise<TailStart> {
  let found = 0;
  let boundary: { offset: number; stream: StreamName } | null = null;
  let start: TailStart | null = null;
  let between = 0;
  for await (const { offset, end, record } of recordsBackwards(file, fixedEnd)) {
    counted.lastTime ||= record.time;
    // Nothing follows it in its stream: a line that has no newline, or none yet.
    const unfinished = record.partial && !counted.streams.has(record.stream);
    counted.streams.add(record.stream);
    if (!boundary) {
      if (unfinished) found += 1;
      if (record.partial || found++ < wanted) continue;
      boundary = { offset: end, stream: record.stream };
      start = { offset: end, skip: null, found: wanted };
      between = 1;
      continue;
    }
    // The other stream may have begun one of the wanted lines before this point: its parts are read too.
    if (record.stream === boundary.stream) between += record.partial ? 0 : 1;
    else if (record.partial)
      start = { offset, skip: { stream: boundary.stream, lines: between }, found: wanted };
    else break;
    if (boundary.offset - offset > BLOCK) break;
  }
  return start ?? { offset: 0, skip: null, found };
}

interface PlacedRecord {
  offset: number;
  end: number;
  record: LogRecord;
}

/** The file's records, last first. Bytes behind the last newline are being written and do not count. */
async function* recordsBackwards(file: FileHandle, fixedEnd: number): AsyncGenerator<PlacedRecord> {
  let position = Math.min(fixedEnd, (await file.stat()).size);
  let data: Buffer = Buffer.alloc(0);
  let tailCut = false;
  while (position > 0) {
    const length = Math.min(BLOCK, position);
    position -= length;
    const block = Buffer.alloc(length);
    await file.read(block, 0, length, position);
    data = Buffer.concat([block, data]);
    if (!tailCut) {
      const last = data.lastIndexOf(NEWLINE);
      if (last < 0) continue;
      data = data.subarray(0, last + 1);
      tailCut = true;
    }
    for (;;) {
      const newline = data.length < 2 ? -1 : data.lastIndexOf(NEWLINE, data.length - 2);
      // Without a newline before it the record may begin in an earlier block.
      if (newline < 0 && position > 0) break;
      if (data.length === 0) break;
      const record = parseLogRecord(data, newline + 1, data.length - 1);
      if (record) yield { offset: position + newline + 1, end: position + data.length, record };
      data = data.subarray(0, newline + 1);
    }
  }
}
