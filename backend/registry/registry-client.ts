import { codeOf, messageOf, notFound, StrataError, unavailable } from '../base/errors.ts';
import { silentLogger, type Logger } from '../base/logger.ts';
import type { Descriptor } from '../oci/manifest.ts';
import { familiarString, withDefaultTag, type Reference } from '../oci/reference.ts';
import type { Credentials } from './credentials.ts';
import { checkLogin } from './check-login.ts';
import { connectionFailure, createEndpointClient, type EndpointClient } from './endpoint-client.ts';
import { endpointsOf, parseMirror, type Endpoint } from './endpoints.ts';
import { fetchManifest, type FetchedManifest } from './fetch-manifest.ts';
import { createHttpTransport } from './http-request.ts';
import { openBlob } from './open-blob.ts';
import { speaksOnlyHttp } from './speaks-only-http.ts';
import { DEFAULT_RETRIES, withRetries, type RetryPolicy } from './retry.ts';

/** One repository at the endpoint that answered; everything of a pull comes from the same one. */
export interface Repository {
  /** Host and port, for messages. */
  readonly host: string;
  /** Verified against the digest. */
  manifest(digest: string, signal: AbortSignal): Promise<FetchedManifest>;
  /** Resumes by itself; digest and size are checked by who takes the bytes in. */
  blob(descriptor: Descriptor, signal: AbortSignal): AsyncIterable<Buffer>;
}

export interface Resolved {
  manifest: FetchedManifest;
  repository: Repository;
}

/** A client of registries (OCI distribution-spec 1.1; Docker's token authentication). */
export interface RegistryClient extends Disposable {
  /** Finds the manifest or index that a reference names, digest before tag. @throws not-found, unavailable, … */
  resolve(reference: Reference, options: ResolveOptions): Promise<Resolved>;
  /**
   * Whether a registry (`docker.io`, `HOST[:PORT]`) knows the user. Mirrors are not asked.
   * @returns a token to use instead of the password, or an empty text. @throws unauthenticated, unavailable
   */
  login(domain: string, options: ResolveOptions): Promise<string>;
}

export interface ResolveOptions {
  credentials?: Credentials | undefined;
  signal: AbortSignal;
}

export interface RegistryClientOptions {
  /** `--registry-mirror`: URLs tried before docker.io's own registry. */
  mirrors?: readonly string[];
  /** `--insecure-registry`: `HOST[:PORT]` that may speak plain HTTP. Loopback always may. */
  insecure?: readonly string[];
  /** Milliseconds without a byte after which a request counts as broken off. */
  stallTimeout?: number;
  retries?: RetryPolicy;
  logger?: Logger;
}

/** @throws invalid-argument for a mirror that is no URL */
export function createRegistryClient(options: RegistryClientOptions = {}): RegistryClient {
  const { mirrors = [], insecure = [], stallTimeout = 30_000, retries = DEFAULT_RETRIES } = options;
  const logger = options.logger ?? silentLogger;
  for (const mirror of mirrors) parseMirror(mirror);
  const transport = createHttpTransport(stallTimeout);

  const tryEndpoint = async (
    endpoint: Endpoint,
    reference: Reference,
    { credentials, signal }: ResolveOptions,
  ): Promise<Resolved> => {
    const name = familiarString(reference);
    const client = createEndpointClient({
      transport,
      endpoint,
      repository: reference.path,
      credentials,
      stallTimeout,
    });
    const repository = createRepository(client, name, { stallTimeout, retries });
    const manifest = await repository.manifest(reference.digest ?? reference.tag ?? 'latest', signal);
    return { manifest, repository };
  };

  return {
    resolve: async (reference, resolveOptions) => {
      const complete = withDefaultTag(reference);
      const failures: { endpoint: Endpoint; error: unknown }[] = [];
      for (const endpoint of endpointsOf(complete.domain, { mirrors, insecure })) {
        try {
          if (await speaksOnlyHttp(transport, endpoint, resolveOptions.signal)) continue;
          return await tryEndpoint(endpoint, complete, resolveOptions);
        } catch (error) {
          resolveOptions.signal.throwIfAborted();
          logger.debug({ endpoint: endpoint.base.href, error: messageOf(error) }, 'endpoint failed');
          failures.push({ endpoint, error });
          if (!endpoint.mirror) break;
        }
      }
      throw summary(failures, complete);
    },
    login: async (domain, { credentials, signal }) => {
      let endpoints = endpointsOf(domain, { mirrors: [], insecure });
      const [secure] = endpoints;
      if (secure && (await speaksOnlyHttp(transport, secure, signal))) endpoints = endpoints.slice(1);
      const [endpoint] = endpoints;
      if (!endpoint) throw unavailable(`no registry is known as ${domain}`);
      return checkLogin({ transport, endpoint, credentials, stallTimeout, signal });
    },
    [Symbol.dispose]: () => transport[Symbol.dispose](),
  };
}

function createRepository(
  client: EndpointClient,
  name: string,
  options: { stallTimeout: number; retries: RetryPolicy },
): Repository {
  const { host } = client.endpoint;
  return {
    host,
    manifest: async (tagOrDigest, signal) => {
      const fetchOnce = (): Promise<FetchedManifest> =>
        fetchManifest(client, name, tagOrDigest, { stallTimeout: options.stallTimeout, signal });
      try {
        return await withRetries(fetchOnce, options.retries, signal);
      } catch (error) {
        signal.throwIfAborted();
        throw error instanceof StrataError ? error : connectionFailure(error, host, `manifest for ${name}`);
      }
    },
    blob: (descriptor, signal) => openBlob(client, descriptor, { ...options, signal }),
  };
}

function summary(failures: { endpoint: Endpoint; error: unknown }[], reference: Reference): Error {
  const last = failures.at(-1);
  if (!last) return unavailable(`no registry is known for ${familiarString(reference)}`);
  const mirrors = failures.slice(0, -1).filter(({ endpoint }) => endpoint.mirror);
  if (mirrors.length === 0) return last.error instanceof Error ? last.error : new Error(String(last.error));
  const all = [...mirrors, last].map(({ error }) => messageOf(error)).join('; ');
  // What a mirror does not have and nobody else can be asked for is best called "not found".
  const missing = mirrors.some(({ error }) => codeOf(error) === 'not-found');
  return missing ? notFound(all, last.error) : new StrataError(codeOf(last.error), all, last.error);
}
