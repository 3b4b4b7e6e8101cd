import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { type Api, createApi } from '../../../extension/client/api.ts';

export type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** An HTTP server on a unix socket whose answers the test decides, and the client on channels to it. */
export interface EngineServer extends AsyncDisposable {
  api: Api;
  /** Path and query of every request so far. */
  requests: string[];
  /** Channels that were opened so far. */
  channels: number;
  breakAll(): void;
}

export async function startEngineServer(
  answer: Answer,
  upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void,
): Promise<EngineServer> {
  const directory = await mkdtemp(join(tmpdir(), 'strata-client-'));
  const path = join(directory, 'api.sock');
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => answer(request, response, body));
  });
  if (upgrade !== undefined) server.on('upgrade', upgrade);
  server.listen(path);
  await once(server, 'listening');
  const channels = new Set<Duplex>();
  const engine: EngineServer = {
    requests,
    channels: 0,
    api: createApi({
      async openApi() {
        const channel = connect({ path, allowHalfOpen: true });
        await once(channel, 'connect');
        engine.channels += 1;
        channels.add(channel);
        return channel;
      },
    }),
    breakAll() {
      for (const channel of channels) channel.destroy();
    },
    async [Symbol.asyncDispose]() {
      engine.api.close();
      server.closeAllConnections();
      server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
  return engine;
}

export function answerJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}
