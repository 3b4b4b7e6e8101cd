import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { LogLine } from '../../runtime/logs/read-logs.ts';

export interface LogForm {
  /** No frames: both streams are one. */
  tty: boolean;
  stdout: boolean;
  stderr: boolean;
  timestamps: boolean;
  /** What `details` puts before each line, without the blank behind it; null where it is not asked for. */
  details: string | null;
}

const FRAME_HEADER = 8;
const STREAM_NUMBER = { stdout: 1, stderr: 2 } as const;

/** Writes a log as the client wants it, a block at a time and no faster than the client reads. */
export async function writeLogs(
  output: Writable,
  blocks: AsyncIterable<readonly LogLine[]>,
  form: LogForm,
  signal: AbortSignal,
): Promise<void> {
  for await (const lines of blocks) {
    const bytes = toBytes(
      lines.filter(({ stream }) => form[stream]),
      form,
    );
    if (bytes.length === 0 || output.write(bytes)) continue;
    await once(output, 'drain', { signal }).catch(() => undefined);
  }
}

/** One buffer for all lines: a write of its own for each would cost more than everything else. */
function toBytes(lines: readonly LogLine[], form: LogForm): Buffer {
  const details = form.details === null ? null : Buffer.from(`${form.details} `);
  const header = form.tty ? 0 : FRAME_HEADER;
  const prefix = (line: LogLine): number => {
    if (!line.begins) return 0;
    return (form.timestamps ? line.time.length + 1 : 0) + (details?.length ?? 0);
  };
  const size = lines.reduce((sum, line) => sum + header + prefix(line) + line.bytes.length, 0);
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (const line of lines) {
    if (header > 0) {
      bytes.writeUInt32BE(STREAM_NUMBER[line.stream] * 2 ** 24, at);
      bytes.writeUInt32BE(prefix(line) + line.bytes.length, at + 4);
      at += header;
    }
    if (line.begins && form.timestamps) at += bytes.write(`${line.time} `, at, 'latin1');
    if (line.begins && details) at += details.copy(bytes, at);
    bytes.set(line.bytes, at);
    at += line.bytes.length;
  }
  return bytes;
}
