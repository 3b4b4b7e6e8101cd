import type { Readable } from 'node:stream';
import { z } from 'zod';
import { internal, messageOf } from '../../base/errors.ts';

const messageSchema = z.object({ data: z.int(), message: z.string().optional() });
/** What conmon says on its sync pipe (--api-version 1): a pid, an exit code, or a negative number with the reason. */
export type SyncMessage = z.infer<typeof messageSchema>;

/** Reads conmon's messages one by one; null at the end, when conmon has closed the pipe. */
export class SyncPipe {
  readonly #lines: AsyncIterator<SyncMessage>;
  readonly #pipe: Readable;

  constructor(pipe: Readable) {
    this.#pipe = pipe;
    this.#lines = messages(pipe);
  }

  async next(): Promise<SyncMessage | null> {
    const result = await this.#lines.next();
    return result.done ? null : result.value;
  }

  close(): void {
    this.#pipe.destroy();
  }
}

async function* messages(pipe: Readable): AsyncGenerator<SyncMessage> {
  let text = '';
  try {
    for await (const chunk of pipe.setEncoding('utf8')) {
      text += String(chunk);
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        yield parse(text.slice(0, end));
        text = text.slice(end + 1);
      }
    }
  } catch (error) {
    // A monitor that is killed resets the pipe; that it said nothing more is what counts.
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
}

function parse(line: string): SyncMessage {
  try {
    return messageSchema.parse(JSON.parse(line));
  } catch (error) {
    throw internal(`conmon said something unknown: ${line.slice(0, 200)} (${messageOf(error)})`, error);
  }
}
