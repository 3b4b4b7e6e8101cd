import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createApiServer } from '../../backend/api/server/create-server.ts';
import type { Route } from '../../backend/api/route.ts';
import { silentLogger } from '../../backend/base/logger.ts';

export interface RoutesServer extends AsyncDisposable {
  url: string;
  /** Status and parsed JSON; the text where it is none. */
  call(method: string, path: string): Promise<{ status: number; body: unknown }>;
  get<T>(path: string): Promise<T>;
}

/** Routes behind the real HTTP server on loopback. */
export async function serveRoutes(routes: readonly Route[]): Promise<RoutesServer> {
  const server = createApiServer(routes, [], silentLogger);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const call: RoutesServer['call'] = async (method, path) => {
    const response = await fetch(url + path, { method, signal: AbortSignal.timeout(20_000) });
    const text = await response.text();
    return { status: response.status, body: parse(text) };
  };
  return {
    url,
    call,
    get: async <T>(path: string) => {
      const { status, body } = await call('GET', path);
      if (status !== 200) throw new Error(`GET ${path}: ${status} ${JSON.stringify(body)}`);
      return body as T;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
