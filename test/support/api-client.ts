import { request, type IncomingHttpHeaders } from 'node:http';

export interface ApiReply {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** The body as JSON. @throws where it is none */
  json(): unknown;
}

export interface ApiCall {
  method?: string;
  /** Sent as JSON; a string or Buffer goes as it is. */
  body?: unknown;
  headers?: Record<string, string>;
  /** Milliseconds; default 30,000. */
  timeout?: number;
}

/** One HTTP request on a unix socket, read to its end. */
export function callApi(socketPath: string, path: string, call: ApiCall = {}): Promise<ApiReply> {
  const raw = typeof call.body === 'string' || Buffer.isBuffer(call.body);
  const body = call.body === undefined ? undefined : raw ? call.body : JSON.stringify(call.body);
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        socketPath,
        path,
        method: call.method ?? 'GET',
        headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...call.headers },
        signal: AbortSignal.timeout(call.timeout ?? 30_000),
        agent: false,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () => {
          const text = Buffer.concat(chunks).toString();
          const { statusCode = 0, headers } = response;
          resolve({ status: statusCode, headers, text, json: () => JSON.parse(text) as unknown });
        });
      },
    );
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}
