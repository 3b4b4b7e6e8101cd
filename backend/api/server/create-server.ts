import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { invalidArgument, messageOf, notFound } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { ApiRequest, Reply, Route } from '../route.ts';
import { API_VERSION } from '../wire/api-version.ts';
import { errorReply } from './error-reply.ts';
import { plainRequest, upgradedRequest, type Hijackable } from './hijack.ts';
import { readJson } from './read-json.ts';
import { createRouter, type Match, type Router } from './router.ts';
import { webSocketRequest } from './websocket.ts';

/** A request whose connection becomes a byte stream in both directions. */
export interface HijackRoute {
  method: 'GET' | 'POST';
  path: string;
  /** Its clients speak WebSocket, and nothing else. */
  webSocket?: true;
  hijack(request: ApiRequest, connection: Hijackable): Promise<void>;
}

const COMMON_HEADERS = {
  'Api-Version': API_VERSION,
  Ostype: 'linux',
  'Docker-Experimental': 'false',
  Server: 'Strata (linux)',
};
/** Only attach and exec may upgrade; an `Upgrade` on any other request is ignored, as RFC 9110 7.8 allows. */
const UPGRADABLE = {
  tcp: /\/(?:containers\/[^/]+\/attach|exec\/[^/]+\/start)$/,
  websocket: /\/containers\/[^/]+\/attach\/ws$/,
};

/** The HTTP face of the engine. It listens where the caller says. */
export function createApiServer(
  routes: readonly Route[],
  hijackRoutes: readonly HijackRoute[],
  logger: Logger,
): Server {
  const hijacks = new Map<Route, HijackRoute>();
  const all = [...hijackRoutes.map((route) => asRoute(route, hijacks)), ...routes];
  const router = createRouter(all);
  const server = createServer({
    // Uploads and log streams last for hours; idle Go clients keep connections for minutes.
    requestTimeout: 0,
    keepAliveTimeout: 0,
    shouldUpgradeCallback: (request: IncomingMessage) => {
      const to = request.headers.upgrade?.toLowerCase();
      return (to === 'tcp' || to === 'websocket') && UPGRADABLE[to].test(pathOf(request));
    },
  });
  server.on('request', (request, response) => {
    void serve(router, request, response, logger);
  });
  server.on('upgrade', (request, socket, head) => {
    void serveUpgrade({ router, hijacks, logger }, request, socket, head);
  });
  return server;
}

function asRoute(hijack: HijackRoute, hijacks: Map<Route, HijackRoute>): Route {
  const route: Route = {
    method: hijack.method,
    path: hijack.path,
    handle: async (request, response) => {
      if (hijack.webSocket) throw invalidArgument(`${hijack.path} wants Upgrade: websocket`);
      await hijack.hijack(
        request,
        plainRequest(request.raw, response, () => request.json()),
      );
      return undefined;
    },
  };
  hijacks.set(route, hijack);
  return route;
}

async function serve(
  router: Router,
  raw: IncomingMessage,
  response: ServerResponse,
  logger: Logger,
): Promise<void> {
  for (const [name, value] of Object.entries(COMMON_HEADERS)) response.setHeader(name, value);
  try {
    const match = router(raw.method ?? 'GET', pathOf(raw));
    const reply = await match.route.handle(toApiRequest(raw, match, response), response);
    if (reply) send(raw, response, reply);
  } catch (error) {
    const reply = errorReply(error);
    if (reply.status === 500) logFailure(logger, raw, error);
    // Once the headers are out, only breaking off tells the client that something is missing.
    if (response.headersSent) response.destroy();
    else send(raw, response, reply);
  }
}

function logFailure(logger: Logger, { method, url }: IncomingMessage, error: unknown): void {
  const stack = error instanceof Error ? error.stack : '';
  logger.error({ method, url, error: messageOf(error), stack }, 'request failed');
}

function send(raw: IncomingMessage, response: ServerResponse, { status, body, headers }: Reply): void {
  for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value);
  if (body === undefined) return void response.writeHead(status).end();
  const text = typeof body === 'string' ? body : `${JSON.stringify(body)}\n`;
  const type = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json';
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) });
  response.end(raw.method === 'HEAD' ? undefined : text);
}

interface Upgrades {
  router: Router;
  hijacks: ReadonlyMap<Route, HijackRoute>;
  logger: Logger;
}

async function serveUpgrade(
  { router, hijacks, logger }: Upgrades,
  raw: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  // A client that breaks off is no failure of ours.
  socket.on('error', () => socket.destroy());
  let accepted = false;
  try {
    const match = router(raw.method ?? 'GET', pathOf(raw));
    const route = hijacks.get(match.route);
    if (!route) throw notFound(`${match.route.path} is no stream`);
    const hijackable = (route.webSocket ? webSocketRequest : upgradedRequest)(raw, socket, head);
    const accept: Hijackable['accept'] = (type) => {
      const connection = hijackable.accept(type);
      accepted = true;
      return connection;
    };
    await route.hijack(toApiRequest(raw, match, socket), { ...hijackable, accept });
  } catch (error) {
    const reply = errorReply(error);
    if (reply.status === 500) logFailure(logger, raw, error);
    if (accepted) return void socket.destroy();
    // The socket goes when the client has ended its side too, which is only seen by who reads on.
    socket.end(rawReply(reply));
    socket.resume();
  }
}

function rawReply({ status, body }: Reply): string {
  const text = body === undefined ? '' : `${JSON.stringify(body)}\n`;
  return `HTTP/1.1 ${status} Error\r\nApi-Version: ${API_VERSION}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`;
}

function toApiRequest(raw: IncomingMessage, { params }: Match, peer: ServerResponse | Duplex): ApiRequest {
  const gone = new AbortController();
  peer.once('close', () => gone.abort());
  return {
    method: raw.method ?? 'GET',
    params,
    query: new URLSearchParams(queryOf(raw)),
    headers: raw.headers,
    raw,
    signal: gone.signal,
    json: () => readJson(raw),
  };
}

function queryOf({ url = '' }: IncomingMessage): string {
  const start = url.indexOf('?');
  return start === -1 ? '' : url.slice(start + 1);
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?', 1)[0] ?? '/';
}
