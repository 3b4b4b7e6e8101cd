import type { FileHandle } from 'node:fs/promises';
import { parseLogRecord } from './log-record.ts';

/** Where to begin reading so that the last lines come out: at `offset`, leaving out the first `skip` lines. */
export interface TailStart {
  offset: number;
  skip: number;
  /** Lines from there to the end of the file, those left out not counted. */
  found: number;
}

const BLOCK = 64 * 1024;
const NEWLINE = 10;

/** Looks for the last `wanted` lines from the file's end, block by block: never more of it than they take. */
export async function tailStart(file: FileHandle, wanted: number): Promise<TailStart> {
  let found = 0;
  let boundary: { offset: number; stream: string } | null = null;
  let start: TailStart | null = null;
  let between = 0;
  for await (const { offset, end, line } of recordsBackwards(file)) {
    const record = parseLogRecord(line);
    if (!record) continue;
    if (!boundary) {
      if (record.partial || found++ < wanted) continue;
      boundary = { offset: end, stream: record.stream };
      start = { offset: end, skip: 0, found: wanted };
      between = 1;
      continue;
    }
    // The other stream may have begun one of the wanted lines before this point: its parts are read too.
    if (record.stream === boundary.stream) between += record.partial ? 0 : 1;
    else if (record.partial) start = { offset, skip: between, found: wanted };
    else break;
    if (boundary.offset - offset > BLOCK) break;
  }
  return start ?? { offset: 0, skip: 0, found };
}

interface PlacedLine {
  offset: number;
  end: number;
  line: Buffer;
}

/** The file's lines, last first. Bytes behind the last newline are being written and do not count. */
async function* recordsBackwards(file: FileHandle): AsyncGenerator<PlacedLine> {
  let position = (await file.stat()).size;
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
      // Without a newline before it the line may begin in an earlier block.
      if (newline < 0) break;
      yield {
        offset: position + newline + 1,
        end: position + data.length,
        line: data.subarray(newline + 1, -1),
      };
      data = data.subarray(0, newline + 1);
    }
  }
  if (tailCut && data.length > 0) yield { offset: 0, end: data.length, line: data.subarray(0, -1) };
}
