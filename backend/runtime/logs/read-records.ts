import type { OpenLog } from './log-files.ts';
import { parseLogRecord, type LogRecord } from './log-record.ts';

export const BLOCK = 256 * 1024;
const NEWLINE = 10;

/** Called for each record; its bytes are good for the time of the call. False: no more is wanted. */
export type RecordVisitor = (record: LogRecord, data: Buffer, end: number) => boolean;

/**
 * The next block of a file's records, from where it was left. Half a record at the end waits for its other half.
 * @returns false at the end of the file, or when the visitor wants no more
 */
export async function readRecords(log: OpenLog, buffer: Buffer, visit: RecordVisitor): Promise<boolean> {
  const file = await log.file();
  let data = buffer;
  for (;;) {
    const { bytesRead } = await file.read(data, 0, Math.min(data.length, log.end - log.offset), log.offset);
    const last = data.subarray(0, bytesRead).lastIndexOf(NEWLINE);
    if (last >= 0) return visitAll(log, data.subarray(0, last + 1), visit);
    if (bytesRead < data.length) return false;
    // A record that is longer than the block: conmon writes none, but the file may be somebody else's work.
    data = Buffer.allocUnsafe(data.length * 2);
  }
}

function visitAll(log: OpenLog, data: Buffer, visit: RecordVisitor): boolean {
  let begin = 0;
  for (let end = data.indexOf(NEWLINE); end >= 0; end = data.indexOf(NEWLINE, begin)) {
    const record = parseLogRecord(data, begin, end);
    begin = end + 1;
    if (record && !visit(record, data, end)) return false;
  }
  log.offset += begin;
  return true;
}
