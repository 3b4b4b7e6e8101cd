import {
  type ClientRequest,
  type IncomingMessage,
  type RequestOptions,
  request as httpRequest,
} from 'node:http';
import { Readable, type Duplex } from 'node:stream';
import type { z } from 'zod';
import { apiErrorOf } from './api-error.ts';
import { ChannelAgent, type OpensApi } from './channel-agent.ts';

type QueryValue = string | number | boolean | undefined;

interface ApiRequest {
  method?: 'GET' | 'POST' | 'DELETE' | 'HEAD' | 'PUT';
  /** Absolute path below the version prefix, names already encoded by `pathOf`. */
  path: string;
  query?: Record<string, QueryValue>;
  body?: unknown;
  /** A body that is no JSON: bytes, or a stream that is sent as it is read. */
  content?: Uint8Array | Readable;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** Milliseconds until the headers of the answer; the default suits everything but long operations. */
  timeoutMs?: number;
}

/** The engine of one machine, as HTTP. Every call ends: by its answer, its timeout or its signal. */
export interface Api {
  /** The answer's body, parsed; throws `ApiError` where the engine refuses. */
  json<T>(schema: z.ZodType<T>, request: ApiRequest): Promise<T>;
  /** For requests whose body is of no interest. */
  send(request: ApiRequest): Promise<void>;
  /** The answer's body as a stream, once its headers say that it is a good one. */
  stream(request: ApiRequest): Promise<IncomingMessage>;
  /** A hijacked connection (attach, exec): raw bytes in both directions. */
  upgrade(request: ApiRequest): Promise<Duplex>;
  close(): void;
}

const defaultTimeoutMs = 30_000;
/** An answer beyond this is no listing of ours: a tree of a million entries is about 200 MB. */
const maxJsonBytes = 400 * 1024 * 1024;

export function createApi(source: OpensApi): Api {
  const agent = new ChannelAgent(source);
  return {
    async json(schema, request) {
      const response = await open(agent, request);
      return schema.parse(JSON.parse(await readText(response, maxJsonBytes)));
    },
    async send(request) {
      const response = await open(agent, request);
      await readText(response, maxJsonBytes);
    },
    stream: (request) => open(agent, request),
    upgrade: (request) => openUpgrade(agent, request),
    close: () => agent.destroy(),
  };
}

/** A path with its variable parts encoded; slashes and colons of image names stay as they are. */
export function pathOf(parts: TemplateStringsArray, ...values: string[]): string {
  return parts.reduce((path, part, i) => path + encodeName(values[i - 1] ?? '') + part);
}

function encodeName(name: string): string {
  return encodeURIComponent(name).replaceAll('%2F', '/').replaceAll('%3A', ':').replaceAll('%40', '@');
}

function optionsOf(agent: ChannelAgent, request: ApiRequest, body: string | undefined): RequestOptions {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(request.query ?? {})) {
    if (value !== undefined) query.set(name, String(value));
  }
  const suffix = query.size > 0 ? `?${query.toString()}` : '';
  return {
    agent,
    // The editor's own proxy support leaves requests to localhost alone; the channel ignores the name.
    host: 'localhost',
    method: request.method ?? 'GET',
    path: request.path + suffix,
    headers: {
      ...(body === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      ...request.headers,
    },
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  };
}

function bodyOf(request: ApiRequest): string | undefined {
  if (request.content !== undefined) return undefined;
  if (request.body !== undefined) return JSON.stringify(request.body);
  return request.method === 'POST' || request.method === 'PUT' ? '' : undefined;
}

async function open(agent: ChannelAgent, request: ApiRequest): Promise<IncomingMessage> {
  const body = bodyOf(request);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = httpRequest(optionsOf(agent, request, body));
    const timer = startTimer(request, (error) => outgoing.destroy(error));
    outgoing.once('response', (response) => {
      clearTimeout(timer);
      resolve(response);
    });
    outgoing.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    sendBody(outgoing, request, body);
  });
  const status = response.statusCode ?? 0;
  if (status >= 400) throw apiErrorOf(status, await readText(response, 1024 * 1024));
  return response;
}

function sendBody(outgoing: ClientRequest, { content }: ApiRequest, body: string | undefined): void {
  if (!(content instanceof Readable)) return void outgoing.end(content ?? body);
  // A stream that breaks off must break the request off: its end would look like the end of the content.
  content.once('error', (error) => outgoing.destroy(error));
  outgoing.once('close', () => content.destroy());
  content.pipe(outgoing);
}

function openUpgrade(agent: ChannelAgent, request: ApiRequest): Promise<Duplex> {
  const body = bodyOf(request);
  const headers = { ...request.headers, connection: 'Upgrade', upgrade: 'tcp' };
  return new Promise<Duplex>((resolve, reject) => {
    const outgoing = httpRequest(optionsOf(agent, { ...request, headers }, body));
    const timer = startTimer(request, (error) => outgoing.destroy(error));
    outgoing.once('upgrade', (_response, socket, head) => {
      clearTimeout(timer);
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    outgoing.once('response', (response) => {
      clearTimeout(timer);
      refuse(response).then(reject, reject);
    });
    outgoing.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    outgoing.end(body);
  });
}

async function refuse(response: IncomingMessage): Promise<Error> {
  const text = await readText(response, 1024 * 1024);
  return apiErrorOf(response.statusCode ?? 0, text || 'the engine did not take over the connection');
}

function startTimer(request: ApiRequest, expire: (error: Error) => void): NodeJS.Timeout {
  const ms = request.timeoutMs ?? defaultTimeoutMs;
  const late = () => {
    expire(new Error(`the engine did not answer ${request.path} within ${Math.round(ms / 1000)} s`));
  };
  return setTimeout(late, ms);
}

async function readText(response: IncomingMessage, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw new Error(`the engine's answer is larger than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
