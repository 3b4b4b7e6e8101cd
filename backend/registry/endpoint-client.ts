import type { IncomingMessage } from 'node:http';
import { messageOf, unavailable, type StrataError } from '../base/errors.ts';
import { answerChallenge } from './authorize.ts';
import type { Credentials } from './credentials.ts';
import type { Endpoint } from './endpoints.ts';
import type { HttpTransport } from './http-request.ts';
import { refusalOf } from './registry-error.ts';
import { isTransientStatus, TransientError } from './retry.ts';

export interface EndpointRequest {
  /** Below `/v2/<repository>/`, such as `manifests/latest`. */
  path: string;
  method?: 'GET' | 'HEAD' | undefined;
  headers?: Record<string, string> | undefined;
  /** Begins the sentence of a failure: `blob sha256:…`. */
  what: string;
  signal: AbortSignal;
}

/** One repository at one endpoint, with what was learned about logging in. Shared by all downloads of a pull. */
export interface EndpointClient {
  readonly endpoint: Endpoint;
  /** A response with a 2xx status; its body is the caller's. @throws TransientError, or for good */
  get(request: EndpointRequest): Promise<IncomingMessage>;
}

const MAX_REDIRECTS = 5;

export interface EndpointClientOptions {
  transport: HttpTransport;
  endpoint: Endpoint;
  repository: string;
  credentials: Credentials | undefined;
  stallTimeout: number;
}

export function createEndpointClient(options: EndpointClientOptions): EndpointClient {
  const { endpoint, repository } = options;
  const credentials = endpoint.mirror ? undefined : options.credentials;
  const login = createLogin({ ...options, credentials });
  return {
    endpoint,
    get: async (request) => {
      const base = endpoint.base.href.replace(/\/$/, '');
      const url = new URL(`${base}/v2/${repository}/${request.path}`);
      let used = login.header();
      let response = await follow(options, url, request, used);
      if (response.statusCode === 401) {
        const challenge = response.headers['www-authenticate'];
        used = await login.renew(used, challenge, request.signal);
        if (used !== undefined) {
          response.destroy();
          response = await follow(options, url, request, used);
        }
      }
      if (isSuccess(response)) return response;
      const refusal = await refusalOf(response, endpoint.host, request.what, credentials !== undefined);
      if (isTransientStatus(refusal.status)) throw new TransientError(refusal.error, refusal.retryAfter);
      throw refusal.error;
    },
  };
}

function isSuccess({ statusCode = 0 }: IncomingMessage): boolean {
  return statusCode >= 200 && statusCode < 300;
}

interface Login {
  header(): string | undefined;
  /** A header newer than `used`. Downloads that fail together share one request for a token. */
  renew(
    used: string | undefined,
    challenge: string | undefined,
    signal: AbortSignal,
  ): Promise<string | undefined>;
}

function createLogin(options: EndpointClientOptions): Login {
  let current: string | undefined;
  let renewing: Promise<string | undefined> | undefined;
  return {
    header: () => current,
    renew: async (used, challenge, signal) => {
      if (used !== current) return current;
      renewing ??= answerChallenge(challenge, { ...options, path: options.repository, signal }).finally(
        () => {
          renewing = undefined;
        },
      );
      current = await renewing;
      return current;
    },
  };
}

/** Follows redirects. The login is the registry's: it never goes to another host, nor into plain HTTP. */
async function follow(
  { transport, endpoint }: EndpointClientOptions,
  start: URL,
  request: EndpointRequest,
  authorization: string | undefined,
): Promise<IncomingMessage> {
  let url = start;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
    const own = url.origin === start.origin;
    const login: Record<string, string> = own && authorization ? { Authorization: authorization } : {};
    const response = await transport.send(url, {
      method: request.method,
      headers: { ...request.headers, ...login },
      anyCertificate: endpoint.insecure && own,
      signal: request.signal,
    });
    const status = response.statusCode ?? 0;
    if (![301, 302, 303, 307, 308].includes(status)) return notAskedToLogIn(response, own, url, request);
    const location = response.headers.location;
    // The connection is kept where the answer is short.
    response.resume();
    url = redirectTarget(url, location, endpoint);
  }
  throw unavailable(`${endpoint.host} redirects ${request.what} more than ${MAX_REDIRECTS} times`);
}

function redirectTarget(from: URL, location: string | undefined, endpoint: Endpoint): URL {
  const target = URL.parse(location ?? '', from.href);
  if (!target || !['http:', 'https:'].includes(target.protocol))
    throw unavailable(`${endpoint.host} redirects to ${JSON.stringify(location ?? '')}, which is no address`);
  if (target.protocol === 'http:' && from.protocol === 'https:' && !endpoint.insecure)
    throw unavailable(`${endpoint.host} redirects from HTTPS to plain HTTP at ${target.host}: refused`);
  return target;
}

/** A 401 of a host that we were sent to is no challenge of the registry, and is not answered. */
async function notAskedToLogIn(
  response: IncomingMessage,
  own: boolean,
  url: URL,
  request: EndpointRequest,
): Promise<IncomingMessage> {
  if (own || response.statusCode !== 401) return response;
  throw (await refusalOf(response, url.host, request.what, true)).error;
}

/** A failure below HTTP as a sentence that names the registry and what was asked of it. */
export function connectionFailure(error: unknown, host: string, what: string): StrataError {
  return unavailable(`cannot fetch ${what} from ${host}: ${messageOf(error)}`, error);
}
