import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex, Readable, Writable } from 'node:stream';
import { parseJson } from './read-json.ts';

/**
 * A connection that stops being HTTP after its headers, for attach and exec.
 * Reading from `input` ends when the client ends its side; `output.end()` ends ours.
 */
export interface HijackedConnection {
  input: Readable;
  output: Writable;
  /** Both directions, at once. */
  destroy(): void;
}

/** Either kind of hijack: with `Upgrade: tcp` answered by 101, without it by a 200 that ends with the connection. */
export interface Hijackable {
  /** The JSON body that comes before the stream; undefined where there is none. */
  json(): Promise<unknown>;
  /** Sends the headers. After this, errors can only be told on the stream. */
  accept(contentType: string): HijackedConnection;
}

export const RAW_STREAM = 'application/vnd.docker.raw-stream';
export const MULTIPLEXED_STREAM = 'application/vnd.docker.multiplexed-stream';

/**
 * A request that asked for an upgrade. Node hands over its socket; what has arrived of the body is in `head`
 * and the rest follows on the socket, so that the body is cut off by its Content-Length here.
 */
export function upgradedRequest(request: IncomingMessage, socket: Duplex, head: Buffer): Hijackable {
  let body: Promise<Buffer> | undefined;
  const length = Number(request.headers['content-length'] ?? 0);
  if (head.length > 0) socket.unshift(head);
  return {
    json: async () => {
      body ??= readExactly(socket, length);
      return parseJson(await body);
    },
    accept: (contentType) => {
      socket.write(
        `HTTP/1.1 101 UPGRADED\r\nContent-Type: ${contentType}\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n`,
      );
      return { input: socket, output: socket, destroy: () => socket.destroy() };
    },
  };
}

/** A request without an upgrade (dockerode): its body is the input, an unchunked response the output. */
export function plainRequest(
  request: IncomingMessage,
  response: ServerResponse,
  json: () => Promise<unknown>,
): Hijackable {
  return {
    json,
    accept: (contentType) => {
      response.useChunkedEncodingByDefault = false;
      response.shouldKeepAlive = false;
      response.writeHead(200, { 'Content-Type': contentType, Connection: 'close' });
      response.flushHeaders();
      return { input: request, output: response, destroy: () => request.destroy() };
    },
  };
}

/** Takes `length` bytes off the front of a stream that goes on afterwards. */
function readExactly(stream: Readable, length: number): Promise<Buffer> {
  if (length === 0) return Promise.resolve(Buffer.alloc(0));
  return new Promise((resolve, reject) => {
    const tryRead = (): void => {
      if (stream.readableLength < length && !stream.readableEnded) return void stream.read(0);
      const bytes = stream.read(length) as Buffer | null;
      if (bytes === null) return;
      finish();
      resolve(bytes);
    };
    const fail = (): void => {
      finish();
      reject(new Error('the connection closed before the request body was whole'));
    };
    const finish = (): void => void stream.off('readable', tryRead).off('end', fail).off('close', fail);
    stream.on('readable', tryRead).on('end', fail).on('close', fail);
    tryRead();
  });
}
