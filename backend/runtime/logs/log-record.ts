import type { StreamName } from '../runtime.ts';

/** One record of the CRI log format: `<time> stdout|stderr F|P <text>`. P: the line goes on in the stream's next record. */
export interface LogRecord {
  /** RFC 3339 in UTC with nine digits: sorts as text. */
  time: string;
  stream: StreamName;
  partial: boolean;
  /** Where the text begins. It ends before the record's newline. */
  text: number;
}

const SPACE = 0x20;
const PLUS = 0x2b;
const LETTER_E = 0x65;
const LETTER_P = 0x50;
/** `YYYY-MM-DDTHH:MM:SS.nnnnnnnnn`, followed by an offset. */
const TIME_LENGTH = 29;
// Where things stand in what conmon writes with TZ=UTC: `2026-01-02T03:04:05.000000000+00:00 stdout F text`.
const STREAM_AT = 36;
const TAG_AT = 43;
const TEXT_AT = 45;

/** The record in `data[begin, end)`; null for what is none: a line that a full disk cut short, say. */
export function parseLogRecord(data: Buffer, begin: number, end: number): LogRecord | null {
  const usual =
    begin + TEXT_AT <= end &&
    data[begin + STREAM_AT - 1] === SPACE &&
    data[begin + TAG_AT - 1] === SPACE &&
    data[begin + TEXT_AT - 1] === SPACE &&
    data[begin + TIME_LENGTH] === PLUS &&
    isZeroOffset(data, begin + TIME_LENGTH);
  if (!usual) return parseUnusual(data, begin, end);
  return {
    time: `${data.toString('latin1', begin, begin + TIME_LENGTH)}Z`,
    stream: data[begin + STREAM_AT + 3] === LETTER_E ? 'stderr' : 'stdout',
    partial: data[begin + TAG_AT] === LETTER_P,
    text: begin + TEXT_AT,
  };
}

const ZERO = 0x30;
const isZeroOffset = (data: Buffer, at: number): boolean =>
  data[at + 1] === ZERO && data[at + 2] === ZERO && data[at + 4] === ZERO && data[at + 5] === ZERO;

/** Other offsets, more tags, an empty line without its space: all that the format allows. */
function parseUnusual(data: Buffer, begin: number, end: number): LogRecord | null {
  const line = data.subarray(begin, end);
  const timeEnd = line.indexOf(SPACE);
  const streamEnd = line.indexOf(SPACE, timeEnd + 1);
  const tagEnd = line.indexOf(SPACE, streamEnd + 1);
  if (timeEnd < TIME_LENGTH || streamEnd < 0) return null;
  const time = utcTime(line.toString('latin1', 0, timeEnd));
  const stream = line.toString('latin1', timeEnd + 1, streamEnd);
  if (time === null || (stream !== 'stdout' && stream !== 'stderr')) return null;
  const tag = line.toString('latin1', streamEnd + 1, tagEnd < 0 ? line.length : tagEnd);
  return { time, stream, partial: tag.startsWith('P'), text: tagEnd < 0 ? end : begin + tagEnd + 1 };
}

function utcTime(text: string): string | null {
  const offset = text.slice(TIME_LENGTH);
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
