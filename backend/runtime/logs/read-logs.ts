import { dirname } from 'node:path';
import { DirectoryWatch } from './directory-watch.ts';
import { LineJoiner, type LogLine } from './line-joiner.ts';
import { inodeAt, openLogs, type OpenLog } from './log-files.ts';
import { timeOfNanoseconds, type LogRecord } from './log-record.ts';
import { BLOCK, readRecords } from './read-records.ts';
import { startAtTail, type SkippedLines } from './tail-start.ts';

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

/**
 * A container's output from its log, a block of lines at a time; their bytes are good until the next block is asked
 * for. The parts of long lines are joined; with `follow` every line comes once, across rotations, until the
 * container has `ended` and all is read, or `until` has passed, or `signal` aborts.
 */
export async function* readLogs(request: LogRequest): AsyncGenerator<readonly LogLine[]> {
  const reader = new LogReader(request);
  try {
    await reader.open();
    yield* reader.untilEnd();
    if (request.follow && !reader.past) yield* reader.follow();
    yield reader.rest();
  } finally {
    await reader.close();
  }
}

class LogReader {
  /** Whether everything up to `until` has been read. */
  past = false;
  readonly #request: LogRequest;
  readonly #since: string;
  readonly #until: string;
  readonly #joiner = new LineJoiner();
  readonly #buffer = Buffer.allocUnsafeSlow(BLOCK);
  #files: OpenLog[] = [];
  #skip: SkippedLines | null = null;
  /** Of the last record; and what was read before the files were opened anew. */
  #last = '';
  #seen = '';

  constructor(request: LogRequest) {
    this.#request = request;
    this.#since = request.since == null ? '' : timeOfNanoseconds(request.since);
    this.#until = request.until == null ? '~' : timeOfNanoseconds(request.until);
  }

  async open(): Promise<void> {
    this.#files = await openLogs(this.#request.path);
    const { tail, follow } = this.#request;
    // A container that writes faster than its log is read would never let the reading end.
    if (!follow) for (const log of this.#files) await log.fixEnd();
    if (tail == null) return;
    if (tail === 0 && !follow) return this.close();
    const start = await startAtTail(this.#files, tail);
    // What is there already and was not asked for must not come when the files have to be opened anew.
    this.#last = start.lastTime;
    this.#skip = start.skip;
    await this.#drop(start.unused);
  }

  async close(): Promise<void> {
    await this.#drop(this.#files.length);
  }

  /** All that is in the files now. The last one stays open. */
  async *untilEnd(): AsyncGenerator<readonly LogLine[]> {
    for (;;) {
      const [current] = this.#files;
      if (!current || this.#isOver()) return;
      const lines: LogLine[] = [];
      const more = await readRecords(current, this.#buffer, (record, data, end) =>
        this.#visit(record, data, end, lines),
      );
      if (lines.length > 0) yield lines;
      if (more || this.past) continue;
      if (this.#files.length === 1) return;
      await this.#drop(1);
    }
  }

  async *follow(): AsyncGenerator<readonly LogLine[]> {
    const { path, until } = this.#request;
    using watch = new DirectoryWatch(dirname(path));
    const { hasEnded } = this.#wakeUps(watch);
    for (;;) {
      // Looked at before reading: what was written before the end is then in the file.
      const last = hasEnded();
      yield* this.untilEnd();
      if (this.#isOver()) return;
      if (await this.#moveOn()) continue;
      if (last || remaining(until) <= 0) return;
      await watch.changed(remaining(until));
    }
  }

  rest(): LogLine[] {
    if (this.#request.signal?.aborted) return [];
    return this.#joiner.rest().filter(({ time }) => time >= this.#since);
  }

  #isOver(): boolean {
    return this.past || (this.#request.signal?.aborted ?? false);
  }

  #visit(record: LogRecord, data: Buffer, end: number, lines: LogLine[]): boolean {
    if (record.time > this.#until) {
      this.past = true;
      return false;
    }
    if (record.time <= this.#seen) return true;
    this.#last = record.time;
    const line = this.#joiner.add(record, data, end);
    if (line && !this.#isSkipped(line) && line.time >= this.#since) lines.push(line);
    return true;
  }

  /** Lines that had to be read only because parts of a wanted one lie between them. */
  #isSkipped({ stream, ends }: LogLine): boolean {
    const skip = this.#skip;
    if (!skip || skip.lines === 0 || skip.stream !== stream) return false;
    if (ends) skip.lines -= 1;
    return true;
  }

  #wakeUps(watch: DirectoryWatch): { hasEnded: () => boolean } {
    const { ended, signal } = this.#request;
    let over = false;
    const onEnd = (): void => {
      over = true;
      watch.notify();
    };
    ended?.then(onEnd, onEnd);
    signal?.addEventListener('abort', () => watch.notify(), { once: true });
    return { hasEnded: () => over };
  }

  /**
   * At the end of the open file: goes on in the one that follows it, where it has been rotated. One that was
   * removed or packed meanwhile is no longer among the files: what was read from it is told apart by its time.
   * @returns whether there is more to read
   */
  async #moveOn(): Promise<boolean> {
    const [current] = this.#files;
    const inode = await current?.inode();
    if (current && inode === (await inodeAt(this.#request.path))) return this.#wasCut(current);
    const opened = await openLogs(this.#request.path);
    const inodes = await Promise.all(opened.map((log) => log.inode()));
    const at = current ? inodes.indexOf(inode ?? -1) : -1;
    // Nothing yet, or rotated and the new one is still to come.
    if (at === opened.length - 1) {
      await Promise.all(opened.map((log) => log.close()));
      return false;
    }
    if (at >= 0) {
      // Whatever was written to it between the reading and the rotation is read from where it was left.
      const same = opened[at];
      if (same && current) same.offset = current.offset;
      await Promise.all(opened.splice(0, at).map((log) => log.close()));
    } else this.#seen = this.#last;
    await this.close();
    this.#files = opened;
    return true;
  }

  /** Whether somebody has emptied the file by hand: it is read from its beginning then. */
  async #wasCut(current: OpenLog): Promise<boolean> {
    const { size } = await (await current.file()).stat();
    if (size >= current.offset) return false;
    current.offset = 0;
    return size > 0;
  }

  async #drop(count: number): Promise<void> {
    for (const log of this.#files.splice(0, count)) await log.close();
  }
}

/** Milliseconds until the end of what is asked for. */
function remaining(until: bigint | null | undefined): number {
  return until == null ? Infinity : Math.min(Number(until / 1_000_000n) + 1 - Date.now(), 2 ** 31 - 1);
}
