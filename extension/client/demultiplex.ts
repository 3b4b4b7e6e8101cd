import type { Readable } from 'node:stream';

export interface OutputFrame {
  stream: 'stdout' | 'stderr';
  bytes: Buffer;
}

const headerBytes = 8;

/**
 * The output of a container without a terminal: frames of `[stream, 0, 0, 0, length (big endian)]`
 * and payload. A payload is handed on in pieces as it arrives, so a frame of any length costs no memory.
 */
export async function* demultiplex(source: Readable): AsyncGenerator<OutputFrame, void, undefined> {
  let pending: Buffer = Buffer.alloc(0);
  let left = 0;
  let stream: OutputFrame['stream'] = 'stdout';
  for await (const chunk of source as AsyncIterable<Buffer>) {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    while (pending.length > 0) {
      if (left === 0) {
        if (pending.length < headerBytes) break;
        stream = pending[0] === 2 ? 'stderr' : 'stdout';
        left = pending.readUInt32BE(4);
        pending = pending.subarray(headerBytes);
        continue;
      }
      const bytes = pending.subarray(0, left);
      left -= bytes.length;
      pending = pending.subarray(bytes.length);
      yield { stream, bytes };
    }
  }
}
