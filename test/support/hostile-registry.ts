import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { digestOf } from '../../backend/oci/digest.ts';
import type { ImageParts } from './image-parts.ts';

/** Answers a request its own way; returning false leaves it to the honest registry. */
export type Fault = (request: IncomingMessage, response: ServerResponse, url: string) => boolean | void;

export interface HostileRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  readonly requests: { method: string; url: string; headers: IncomingMessage['headers'] }[];
  fault: Fault;
  /** Serves a manifest or index under `image:<tag>` and by its digest. */
  serve(tag: string, manifest: Buffer, mediaType?: string): void;
  serveImage(tag: string, parts: ImageParts): void;
  readonly blobs: Map<string, Buffer>;
  /** Requests whose path holds this text. */
  count(text: string): number;
}

/** A registry in this process that does what a test makes it do wrong. */
export async function startHostileRegistry(): Promise<HostileRegistry> {
  const manifests = new Map<string, { bytes: Buffer; mediaType: string | undefined }>();
  const blobs = new Map<string, Buffer>();
  const requests: HostileRegistry['requests'] = [];
  const server = createServer((request, response) => {
    const url = request.url ?? '';
    requests.push({ method: request.method ?? '', url, headers: request.headers });
    if (registry.fault(request, response, url) === true) return;
    if (url === '/v2/') return void response.end('{}');
    const [, kind, name = ''] = /^\/v2\/.+\/(manifests|blobs)\/([^/]+)$/.exec(url) ?? [];
    if (kind === 'manifests') return sendManifest(response, manifests.get(name));
    return sendBlob(request, response, blobs.get(name));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const serve: HostileRegistry['serve'] = (tag, bytes, mediaType = mediaTypeOf(bytes)) => {
    for (const name of [tag, digestOf(bytes)]) manifests.set(name, { bytes, mediaType });
  };
  const registry: HostileRegistry = {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    blobs,
    fault: () => false,
    serve,
    serveImage: (tag, parts) => {
      serve(tag, parts.manifest);
      for (const [digest, bytes] of parts.blobs) blobs.set(digest, bytes);
    },
    count: (text) => requests.filter(({ url }) => url.includes(text)).length,
    [Symbol.asyncDispose]: async () => {
      if (!server.listening) return;
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return registry;
}

function mediaTypeOf(bytes: Buffer): string | undefined {
  try {
    return (JSON.parse(bytes.toString()) as { mediaType?: string }).mediaType;
  } catch {
    return undefined;
  }
}

function sendManifest(
  response: ServerResponse,
  manifest: { bytes: Buffer; mediaType: string | undefined } | undefined,
): void {
  if (!manifest) return refuse(response, 404, 'MANIFEST_UNKNOWN', 'manifest unknown');
  if (manifest.mediaType) response.setHeader('Content-Type', manifest.mediaType);
  response.end(manifest.bytes);
}

function sendBlob(request: IncomingMessage, response: ServerResponse, bytes: Buffer | undefined): void {
  if (!bytes) return refuse(response, 404, 'BLOB_UNKNOWN', 'blob unknown to registry');
  const from = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
  if (from === undefined) {
    response.writeHead(200, { 'Content-Length': bytes.length });
    response.end(bytes);
    return;
  }
  response.writeHead(206, { 'Content-Range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` });
  response.end(bytes.subarray(Number(from)));
}

export function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify({ errors: [{ code, message }] }));
}
