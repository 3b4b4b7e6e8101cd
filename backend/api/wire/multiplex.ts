/**
 * The frames of `stratad connect`: many byte streams over one pair of pipes, for machines where SSH may
 * not forward a socket. Both ends write the greeting first, so that whatever a login shell printed before
 * it can be skipped. A frame is: type (1 byte), stream id (4), payload length (4), payload; big-endian.
 *
 *   open     client → server   payload `api`, or `tcp HOST PORT`
 *   opened   server → client   the target answered
 *   reset    either            the stream is gone; payload is the reason in UTF-8
 *   data     either            at most 32 KiB, and never more than the other end has granted
 *   end      either            no more data from this side; the other direction goes on
 *   window   either            payload is a 4-byte number of bytes that may be sent in addition
 *   ping     either            answered by pong with the same payload
 */
export const MULTIPLEX_GREETING = 'strata-multiplex/1\n';

export const FRAME = { open: 1, opened: 2, reset: 3, data: 4, end: 5, window: 6, ping: 7, pong: 8 } as const;
export type FrameType = (typeof FRAME)[keyof typeof FRAME];

export interface Frame {
  type: FrameType;
  stream: number;
  payload: Buffer;
}

/** Bytes that may be under way per stream and direction before the receiver has taken any. */
export const STREAM_WINDOW = 256 * 1024;
export const MAX_PAYLOAD = 32 * 1024;
const HEADER = 9;
const types: ReadonlySet<number> = new Set(Object.values(FRAME));

export function encodeFrame(type: FrameType, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const frame = Buffer.allocUnsafe(HEADER + payload.length);
  frame.writeUInt8(type, 0);
  frame.writeUInt32BE(stream, 1);
  frame.writeUInt32BE(payload.length, 5);
  payload.copy(frame, HEADER);
  return frame;
}

/** Cuts a byte stream into frames. @throws when the bytes are not of this protocol. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  *read(chunk: Buffer): Generator<Frame> {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= HEADER) {
      const type = this.#rest.readUInt8(0);
      const length = this.#rest.readUInt32BE(5);
      if (!isFrameType(type) || length > MAX_PAYLOAD) {
        throw new Error(`multiplex: frame of type ${type} with ${length} bytes is not of this protocol`);
      }
      if (this.#rest.length < HEADER + length) return;
      const payload = this.#rest.subarray(HEADER, HEADER + length);
      const stream = this.#rest.readUInt32BE(1);
      this.#rest = this.#rest.subarray(HEADER + length);
      yield { type, stream, payload };
    }
  }
}

function isFrameType(type: number): type is FrameType {
  return types.has(type);
}

/** A request to open a stream, as the payload of `open`. */
export type OpenTarget = { kind: 'api' } | { kind: 'tcp'; host: string; port: number };

export function encodeTarget(target: OpenTarget): Buffer {
  return Buffer.from(target.kind === 'api' ? 'api' : `tcp ${target.host} ${target.port}`);
}

/** @throws when the text names no target. */
export function decodeTarget(payload: Buffer): OpenTarget {
  const text = payload.toString();
  if (text === 'api') return { kind: 'api' };
  const [, host, port] = /^tcp ([^\s]{1,255}) (\d{1,5})$/.exec(text) ?? [];
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535) {
    throw new Error(`multiplex: ${JSON.stringify(text.slice(0, 80))} is not a target`);
  }
  return { kind: 'tcp', host, port: Number(port) };
}
