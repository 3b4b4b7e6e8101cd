import type { StreamName } from '../runtime.ts';

/** One record of the CRI log format: `<time> stdout|stderr F|P <text>`. P: the line goes on in the stream's next record. */
export interface LogRecord {
  /** RFC 3339 in UTC with nine digits: sorts as text. */
  time: string;
  stream: StreamName;
  partial: boolean;
  text: Buffer;
}

const SPACE = 0x20;
/** `YYYY-MM-DDTHH:MM:SS.nnnnnnnnn`, followed by an offset. */
const TIME_LENGTH = 29;

/** Null for what is no record: a line that a full disk cut short, say. */
export function parseLogRecord(line: Buffer): LogRecord | null {
  const timeEnd = line.indexOf(SPACE);
  const streamEnd = line.indexOf(SPACE, timeEnd + 1);
  const tagEnd = line.indexOf(SPACE, streamEnd + 1);
  if (timeEnd < TIME_LENGTH || streamEnd < 0) return null;
  const time = utcTime(line.toString('latin1', 0, timeEnd));
  const stream = line.toString('latin1', timeEnd + 1, streamEnd);
  const tag = line.toString('latin1', streamEnd + 1, tagEnd < 0 ? line.length : tagEnd);
  if (time === null || (stream !== 'stdout' && stream !== 'stderr')) return null;
  const text = line.subarray(tagEnd < 0 ? line.length : tagEnd + 1);
  return { time, stream, partial: tag.startsWith('P'), text };
}

function utcTime(text: string): string | null {
  const offset = text.slice(TIME_LENGTH);
  // Monitors run with TZ=UTC, so this is the only case in practice.
  if (offset === '+00:00' || offset === 'Z') return `${text.slice(0, TIME_LENGTH)}Z`;
  const milliseconds = Date.parse(`${text.slice(0, 19)}${offset}`);
  if (Number.isNaN(milliseconds)) return null;
  return `${new Date(milliseconds).toISOString().slice(0, 19)}${text.slice(19, TIME_LENGTH)}Z`;
}

/** Nanoseconds since the epoch as text that compares with a record's time. */
export function timeOfNanoseconds(nanoseconds: bigint): string {
  const second = 1_000_000_000n;
  const fraction = ((nanoseconds % second) + second) % second;
  const whole = new Date(Number((nanoseconds - fraction) / 1_000_000n)).toISOString().slice(0, 19);
  return `${whole}.${fraction.toString().padStart(9, '0')}Z`;
}
