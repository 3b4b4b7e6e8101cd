import type { IncomingMessage, ServerResponse } from 'node:http';

export interface ApiRequest {
  method: string;
  /** Path parameters, percent-decoded. `name` of images may hold slashes and colons. */
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  raw: IncomingMessage;
  /** Aborted when the client goes away. */
  signal: AbortSignal;
  /** Parsed JSON body, `undefined` where there is none. @throws invalid-argument (limit 4 MiB) */
  json(): Promise<unknown>;
}

export interface Route {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** path-to-regexp v8+ syntax without version prefix, e.g. `/images/*name/json`. */
  path: string;
  /** Returns a JSON reply, or takes over the response itself and returns nothing. Errors are thrown; the server maps them. */
  handle(request: ApiRequest, response: ServerResponse): Promise<Reply | undefined>;
}

export interface Reply {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}
