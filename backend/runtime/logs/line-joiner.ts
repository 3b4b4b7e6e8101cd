import type { StreamName } from '../runtime.ts';
import type { LogRecord } from './log-record.ts';

/** A line of output. `line` ends with a newline exactly when the process wrote one. */
export interface LogLine {
  stream: StreamName;
  /** RFC 3339 in UTC, nanoseconds; of the line's first part. */
  time: string;
  line: Buffer;
}

const NEWLINE = Buffer.from('\n');
/** A line that never ends is given out in pieces, so that it cannot fill the memory. */
const LONGEST_LINE = 64 * 1024;

interface Pending {
  time: string;
  parts: Buffer[];
  length: number;
}

/** Puts the parts of a line together, per stream. */
export class LineJoiner {
  readonly #pending = new Map<StreamName, Pending>();

  /** @returns the line that this record completes, or null. */
  add({ time, stream, partial, text }: LogRecord): LogLine | null {
    const pending = this.#pending.get(stream) ?? { time, parts: [], length: 0 };
    pending.parts.push(text);
    pending.length += text.length;
    if (partial && pending.length < LONGEST_LINE) {
      this.#pending.set(stream, pending);
      return null;
    }
    this.#pending.delete(stream);
    return lineOf(stream, pending, !partial);
  }

  /** What has no newline when the output is over. */
  *rest(): Generator<LogLine> {
    for (const [stream, pending] of this.#pending) {
      if (pending.length > 0) yield lineOf(stream, pending, false);
    }
    this.#pending.clear();
  }
}

const lineOf = (stream: StreamName, { time, parts }: Pending, ended: boolean): LogLine => ({
  stream,
  time,
  line: Buffer.concat(ended ? [...parts, NEWLINE] : parts),
});
