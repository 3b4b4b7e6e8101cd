import type { IncomingMessage } from 'node:http';
import { invalidArgument, StrataError } from '../base/errors.ts';
import type { Descriptor } from '../oci/manifest.ts';
import { connectionFailure, type EndpointClient } from './endpoint-client.ts';
import { bodyChunks } from './read-body.ts';
import { backOff, isTransientFailure, TransientError, type RetryPolicy } from './retry.ts';

export interface OpenBlobOptions {
  retries: RetryPolicy;
  stallTimeout: number;
  signal: AbortSignal;
}

/** A trial that brought at least this much was worth it: the count of failures starts again. */
const PROGRESS = 1024 * 1024;

/**
 * The bytes of a blob, once each and in order, whatever breaks on the way: a download that breaks off
 * or stalls goes on where it was, by Range where the registry honours it (RFC 9110, section 14), else by
 * reading the beginning again. The consumer checks digest and size.
 * @throws unavailable naming the blob and the registry, when it fails too often in a row
 */
export async function* openBlob(
  client: EndpointClient,
  blob: Descriptor,
  options: OpenBlobOptions,
): AsyncGenerator<Buffer> {
  const progress = { received: 0 };
  for (let failures = 0; ; ) {
    const before = progress.received;
    try {
      yield* oneTrial(client, blob, progress, options);
      return;
    } catch (error) {
      options.signal.throwIfAborted();
      if (!isTransientFailure(error)) throw failure(error, client, blob);
      failures = progress.received - before >= PROGRESS ? 1 : failures + 1;
      if (failures >= options.retries.attempts) throw failure(error, client, blob);
      await backOff(failures, error, options.retries, options.signal);
    }
  }
}

async function* oneTrial(
  client: EndpointClient,
  blob: Descriptor,
  progress: { received: number },
  { stallTimeout, signal }: OpenBlobOptions,
): AsyncGenerator<Buffer> {
  const response = await client.get({
    path: `blobs/${blob.digest}`,
    what: `blob ${blob.digest}`,
    headers: progress.received > 0 ? { Range: `bytes=${progress.received}-` } : {},
    signal,
  });
  let skip = bytesToSkip(response, blob, progress.received, client.endpoint.host);
  for await (const chunk of bodyChunks(response, stallTimeout)) {
    const fresh = skip > 0 ? chunk.subarray(Math.min(skip, chunk.length)) : chunk;
    skip -= chunk.length - fresh.length;
    progress.received += fresh.length;
    if (fresh.length > 0) yield fresh;
  }
  // Without a Content-Length, an end that comes too early looks like any other end.
  if (progress.received < blob.size) throw broken(blob, progress.received, client.endpoint.host);
}

/** How much of the answer we have already. @throws invalid-argument when it is not the blob that was promised */
function bytesToSkip(response: IncomingMessage, blob: Descriptor, received: number, host: string): number {
  const total = promisedSize(response);
  if (total !== undefined && total !== blob.size) {
    response.destroy();
    throw invalidArgument(
      `blob ${blob.digest} has the wrong size: the manifest says ${blob.size} bytes, ${host} has ${total}`,
    );
  }
  if (response.statusCode !== 206) return received;
  const start = /^bytes (\d+)-/.exec(response.headers['content-range'] ?? '')?.[1];
  if (Number(start) === received) return 0;
  response.destroy();
  throw invalidArgument(`${host} answered with another part of blob ${blob.digest} than it was asked for`);
}

function promisedSize({ statusCode, headers }: IncomingMessage): number | undefined {
  const text =
    statusCode === 206 ? /\/(\d+)$/.exec(headers['content-range'] ?? '')?.[1] : headers['content-length'];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

function broken(blob: Descriptor, received: number, host: string): TransientError {
  const message = `blob ${blob.digest} is truncated: ${host} sent ${received} of ${blob.size} bytes`;
  return new TransientError(new StrataError('unavailable', message));
}

function failure(error: unknown, client: EndpointClient, blob: Descriptor): unknown {
  if (error instanceof TransientError) return error.final;
  if (error instanceof StrataError) return error;
  return connectionFailure(error, client.endpoint.host, `blob ${blob.digest}`);
}
