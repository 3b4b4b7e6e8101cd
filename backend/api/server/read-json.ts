import type { Readable } from 'node:stream';
import { invalidArgument } from '../../base/errors.ts';

const LIMIT = 4 * 1024 * 1024;

/** A request's JSON body; undefined where it is empty. @throws invalid-argument */
export async function readJson(body: Readable): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LIMIT) throw invalidArgument(`request body is larger than ${LIMIT} bytes`);
    chunks.push(chunk);
  }
  return parseJson(Buffer.concat(chunks));
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
