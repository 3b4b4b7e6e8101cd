import type { StreamName } from '../runtime.ts';
import type { LogRecord } from './log-record.ts';

/** A line of output, or a piece of a very long one. */
export interface LogLine {
  stream: StreamName;
  /** RFC 3339 in UTC, nanoseconds; of the line's first part. */
  time: string;
  /** Ends with a newline exactly when the process wrote one. */
  bytes: Buffer;
  /** False for the further pieces of a line that was too long for one. */
  begins: boolean;
  /** False where more of the line follows, or nothing after what has no newline. */
  ends: boolean;
}

/** A line that never ends is given out in pieces, so that it cannot fill the memory. */
const LONGEST_PIECE = 256 * 1024;

interface Pending {
  time: string;
  begins: boolean;
  parts: Buffer[];
  length: number;
}

/** Puts the parts of a line together, per stream. */
export class LineJoiner {
  readonly #pending = new Map<StreamName, Pending>();

  /** @returns the line that the record in `data`, whose newline stands at `end`, completes; or null. */
  add({ time, stream, partial, text }: LogRecord, data: Buffer, end: number): LogLine | null {
    const pending = this.#pending.get(stream);
    if (!partial) {
      const bytes = data.subarray(text, end + 1);
      if (!pending) return { stream, time, bytes, begins: true, ends: true };
      this.#pending.delete(stream);
      pending.parts.push(bytes);
      return lineOf(stream, pending, true);
    }
    const part = pending ?? { time, begins: true, parts: [], length: 0 };
    // The reader uses its block again.
    part.parts.push(Buffer.from(data.subarray(text, end)));
    part.length += end - text;
    if (part.length < LONGEST_PIECE) {
      this.#pending.set(stream, part);
      return null;
    }
    this.#pending.set(stream, { time: part.time, begins: false, parts: [], length: 0 });
    return lineOf(stream, part, false);
  }

  /** What has no newline when the output is over. */
  rest(): LogLine[] {
    const lines = [...this.#pending]
      .filter(([, { length }]) => length > 0)
      .map(([stream, pending]) => lineOf(stream, pending, false));
    this.#pending.clear();
    return lines;
  }
}

const lineOf = (stream: StreamName, { time, begins, parts }: Pending, ends: boolean): LogLine => ({
  stream,
  time,
  bytes: Buffer.concat(parts),
  begins,
  ends,
});
