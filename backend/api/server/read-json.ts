import type { Readable } from 'node:stream';
import { invalidArgument } from '../../base/errors.ts';

const LIMIT = 4 * 1024 * 1024;

/** A request's JSON body; undefined where it is empty. @throws invalid-argument */
export async function readJson(body: Readable): Promise<unknown> {
  return parseJson(await readBody(body));
}

/**
 * What is too much is read on and dropped: to stop reading would break the connection, and the client would not
 * see the answer that says why.
 */
function readBody(body: Readable): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let size = 0;
  const keep = (chunk: Buffer): void => {
    size += chunk.length;
    chunks.push(chunk);
    if (size <= LIMIT) return;
    body.off('data', keep).resume();
    reject(tooLarge());
  };
  const cutShort = (): void =>
    reject(invalidArgument('the connection closed before the request body was whole'));
  body.on('data', keep);
  body.once('end', () => resolve(Buffer.concat(chunks)));
  body.once('error', cutShort).once('close', cutShort);
  return promise;
}

/** Takes `length` bytes off the front of a stream that goes on afterwards. @throws invalid-argument */
export function readExactly(stream: Readable, length: number): Promise<Buffer> {
  if (length === 0) return Promise.resolve(Buffer.alloc(0));
  if (length > LIMIT) return Promise.reject(tooLarge());
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let missing = length;
  const take = (): void => {
    for (let chunk = next(); chunk !== null; chunk = next()) {
      chunks.push(chunk.subarray(0, missing));
      if (chunk.length > missing) stream.unshift(chunk.subarray(missing));
      missing -= Math.min(missing, chunk.length);
    }
    if (missing === 0) finish(() => resolve(Buffer.concat(chunks)));
  };
  const next = (): Buffer | null => (missing === 0 ? null : (stream.read() as Buffer | null));
  const cutShort = (): void =>
    finish(() => reject(invalidArgument('the connection closed before the request body was whole')));
  const finish = (settle: () => void): void => {
    stream.off('readable', take).off('end', cutShort).off('close', cutShort);
    settle();
  };
  stream.on('readable', take).on('end', cutShort).on('close', cutShort);
  take();
  return promise;
}

function tooLarge(): Error {
  return invalidArgument(`request body is larger than ${LIMIT} bytes`);
}

export function parseJson(bytes: Buffer): unknown {
  const text = bytes.toString();
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalidArgument('request body is not valid JSON', error);
  }
}
