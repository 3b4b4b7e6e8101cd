import type { Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { silentLogger } from '../../../backend/base/logger.ts';
import type { Route } from '../../../backend/api/route.ts';
import { createApiServer, type HijackRoute } from '../../../backend/api/server/create-server.ts';
import { makeTempDir } from '../temp-dir.ts';
import { waitFor } from '../wait-for.ts';

export interface ApiSocket extends AsyncDisposable {
  path: string;
  server: Server;
  /** Connections that the server holds. */
  open(): Promise<number>;
}

/** The real HTTP server with these routes, on a unix socket of its own. */
export async function serveRoutes(
  routes: readonly Route[],
  hijacks: readonly HijackRoute[] = [],
): Promise<ApiSocket> {
  const directory = await makeTempDir('strata-api-', '/tmp');
  const path = join(directory.path, 's');
  const server = createApiServer(routes, hijacks, silentLogger);
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    path,
    server,
    open: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
      ),
    [Symbol.asyncDispose]: async () => {
      // Hijacked ones are no longer known to the server.
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** Bytes in and out, for what no HTTP client would do. */
export interface RawClient {
  socket: Socket;
  /** What has come so far. */
  text(): string;
  received(): Buffer;
  /** @throws when these words do not come */
  until(words: string): Promise<string>;
  /** Everything, once the server has ended its side. */
  end(): Promise<string>;
}

export function rawClient(path: string): RawClient {
  const socket = connect({ path, allowHalfOpen: true });
  const chunks: Buffer[] = [];
  let ended = false;
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.once('end', () => (ended = true)).once('close', () => (ended = true));
  socket.on('error', () => undefined);
  const received = (): Buffer => Buffer.concat(chunks);
  const text = (): string => received().toString('latin1');
  return {
    socket,
    text,
    received,
    until: (words) =>
      waitFor(`"${words}" in ${JSON.stringify(text())}`, () => (text().includes(words) ? text() : ''), {
        timeout: 3000,
      }),
    end: async () => {
      await waitFor('the end of the answer', () => ended, { timeout: 3000 });
      return text();
    },
  };
}

/** The head of a request; `body` is sent with its length. */
export function rawRequest(line: string, headers: Record<string, string> = {}, body = ''): string {
  const length = body === '' ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
  const lines = Object.entries({ Host: 'docker', ...headers, ...length }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return `${line} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
}

export const UPGRADE = { Connection: 'Upgrade', Upgrade: 'tcp' };
