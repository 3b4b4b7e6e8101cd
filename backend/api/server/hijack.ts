import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex, Readable, Writable } from 'node:stream';
import { parseJson, readExactly } from './read-json.ts';

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

/** Milliseconds. */
const LINGER = 1000;
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

/**
 * The orderly end of a hijacked connection: our side when all is written, then the client's. To close with
 * input unread would reset the connection, and the client would lose the last output or its exit code.
 */
export async function closeHijacked({ input, output, destroy }: HijackedConnection): Promise<void> {
  input.unpipe();
  input.resume();
  if (!output.destroyed) {
    await new Promise<void>((resolve) => {
      output.once('close', resolve);
      output.end(resolve);
    });
  }
  if (!output.destroyed && !input.readableEnded && !input.destroyed) await endOf(input);
  destroy();
}

/** A client that keeps its side open is not waited for. */
function endOf(input: Readable): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, LINGER);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    input.once('end', done).once('close', done);
  });
}
