import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { unavailable } from '../base/errors.ts';

export interface HttpRequest {
  method?: 'GET' | 'HEAD' | 'POST' | undefined;
  headers?: Record<string, string> | undefined;
  body?: string | undefined;
  /** Accept any certificate: for registries that the user called insecure. */
  anyCertificate?: boolean | undefined;
  signal: AbortSignal;
}

/** One HTTP exchange at a time per call, over connections that are kept open between calls. */
export interface HttpTransport extends Disposable {
  /** Answers with the response's head; the body must be read or destroyed. @throws unavailable when the server says nothing for too long */
  send(url: URL, request: HttpRequest): Promise<IncomingMessage>;
}

/** A request that was never answered; tells a transient failure from a lasting one. */
export class StalledError extends Error {
  override readonly name = 'StalledError';
}

/** @param stallTimeout milliseconds without an answer */
export function createHttpTransport(stallTimeout: number): HttpTransport {
  const http = new HttpAgent({ keepAlive: true, maxFreeSockets: 8 });
  const https = new HttpsAgent({ keepAlive: true, maxFreeSockets: 8 });
  const anyCertificate = new HttpsAgent({ keepAlive: true, maxFreeSockets: 8, rejectUnauthorized: false });
  return {
    send: (url, request) => {
      if (url.protocol !== 'http:' && url.protocol !== 'https:')
        return Promise.reject(unavailable(`${url.host}: cannot speak ${url.protocol}`));
      const agent = url.protocol === 'http:' ? http : request.anyCertificate ? anyCertificate : https;
      return exchange(url, request, agent, stallTimeout);
    },
    [Symbol.dispose]: () => {
      for (const agent of [http, https, anyCertificate]) agent.destroy();
    },
  };
}

function exchange(
  url: URL,
  request: HttpRequest,
  agent: HttpAgent | HttpsAgent,
  stallTimeout: number,
): Promise<IncomingMessage> {
  const start = url.protocol === 'http:' ? httpRequest : httpsRequest;
  return new Promise((resolve, reject) => {
    const outgoing = start(url, {
      agent,
      method: request.method ?? 'GET',
      headers: { 'User-Agent': 'strata', ...request.headers },
      signal: request.signal,
    });
    const timer = setTimeout(
      () =>
        outgoing.destroy(new StalledError(`${url.host} did not answer for ${seconds(stallTimeout)} seconds`)),
      stallTimeout,
    );
    outgoing.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    outgoing.once('response', (response) => {
      clearTimeout(timer);
      // A body that breaks off after nobody reads it any more must not end the daemon.
      response.on('error', () => undefined);
      resolve(response);
    });
    outgoing.end(request.body);
  });
}

export function seconds(milliseconds: number): string {
  return String(Math.round(milliseconds / 100) / 10);
}
