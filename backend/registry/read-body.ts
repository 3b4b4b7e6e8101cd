import type { IncomingMessage } from 'node:http';
import { invalidArgument } from '../base/errors.ts';
import { StalledError, seconds } from './http-request.ts';

/**
 * The chunks of a body. Ends with StalledError when no byte comes for `stallTimeout` milliseconds
 * while the consumer waits for one; a consumer that is slow itself stalls nothing.
 */
export async function* bodyChunks(response: IncomingMessage, stallTimeout: number): AsyncGenerator<Buffer> {
  let waiting = true;
  const timer = setTimeout(() => {
    if (waiting) response.destroy(new StalledError(`no bytes arrived for ${seconds(stallTimeout)} seconds`));
    else timer.refresh();
  }, stallTimeout);
  try {
    for await (const chunk of response) {
      waiting = false;
      yield chunk as Buffer;
      waiting = true;
      timer.refresh();
    }
  } finally {
    clearTimeout(timer);
    response.destroy();
  }
}

/** A whole body of at most `limit` bytes. @throws invalid-argument when it is longer */
export async function readBody(
  response: IncomingMessage,
  limit: number,
  stallTimeout: number,
  what: string,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of bodyChunks(response, stallTimeout)) {
    length += chunk.length;
    if (length > limit) throw invalidArgument(`${what} is longer than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
