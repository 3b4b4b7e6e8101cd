import { invalidArgument, notImplemented } from '../base/errors.ts';
import { digestOf, isDigest, type Digest } from '../oci/digest.ts';
import type { Descriptor } from '../oci/manifest.ts';
import {
  DOCKER_LIST,
  DOCKER_MANIFEST,
  DOCKER_SCHEMA1,
  DOCKER_SCHEMA1_SIGNED,
  OCI_INDEX,
  OCI_MANIFEST,
} from '../oci/media-types.ts';
import type { EndpointClient } from './endpoint-client.ts';
import { readBody } from './read-body.ts';

/** A manifest or index: its bytes as the registry sent them, verified. */
export interface FetchedManifest {
  descriptor: Pick<Descriptor, 'mediaType' | 'digest' | 'size'>;
  bytes: Buffer;
  /** The parsed JSON. */
  json: unknown;
}

const ACCEPT = [OCI_INDEX, OCI_MANIFEST, DOCKER_LIST, DOCKER_MANIFEST].join(', ');
const KNOWN = new Set([OCI_INDEX, OCI_MANIFEST, DOCKER_LIST, DOCKER_MANIFEST]);
const LIMIT = 4 * 1024 * 1024;

/**
 * Asks for a manifest by tag or digest (distribution-spec, "Pulling manifests").
 * @throws invalid-argument for wrong digests, sizes and unknown media types; not-implemented for schema 1
 */
export async function fetchManifest(
  client: EndpointClient,
  name: string,
  tagOrDigest: string,
  options: { stallTimeout: number; signal: AbortSignal },
): Promise<FetchedManifest> {
  const what = `manifest for ${name}`;
  const response = await client.get({
    path: `manifests/${tagOrDigest}`,
    what,
    headers: { Accept: ACCEPT },
    signal: options.signal,
  });
  const header = response.headers['content-type']?.split(';')[0]?.trim();
  const bytes = await readBody(response, LIMIT, options.stallTimeout, what);
  const digest = verify(bytes, tagOrDigest, what, client.endpoint.host);
  const json = parseJson(bytes, what);
  const mediaType = mediaTypeOf(json, header, what);
  return { descriptor: { mediaType, digest, size: bytes.length }, bytes, json };
}

function verify(bytes: Buffer, tagOrDigest: string, what: string, host: string): Digest {
  const actual = digestOf(bytes);
  if (isDigest(tagOrDigest) && actual !== tagOrDigest)
    throw invalidArgument(`${what} from ${host} is corrupt: asked for ${tagOrDigest}, got ${actual}`);
  return actual;
}

function parseJson(bytes: Buffer, what: string): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw invalidArgument(`${what} is no JSON`, error);
  }
}

/** The body's own `mediaType` is under the digest, the header is not: where both speak they must agree. */
function mediaTypeOf(json: unknown, header: string | undefined, what: string): string {
  if (typeof json !== 'object' || json === null) throw invalidArgument(`${what} is no JSON object`);
  const field = 'mediaType' in json && typeof json.mediaType === 'string' ? json.mediaType : undefined;
  const schema1 = 'schemaVersion' in json && json.schemaVersion === 1;
  if (schema1 || header === DOCKER_SCHEMA1 || header === DOCKER_SCHEMA1_SIGNED)
    throw notImplemented(
      `${what} has Docker's schema 1, which is no longer supported: push the image again with a newer client`,
    );
  const mediaType =
    field ?? (header && KNOWN.has(header) ? header : undefined) ?? guess(json) ?? header ?? '';
  if (!KNOWN.has(mediaType))
    throw invalidArgument(`${what} has the unknown media type ${JSON.stringify(mediaType)}`);
  if (field && header && KNOWN.has(header) && header !== field)
    throw invalidArgument(`${what} calls itself ${field} but was sent as ${header}`);
  return mediaType;
}

/** OCI manifests need not name their type, and some registries send them as plain JSON. */
function guess(json: object): string | undefined {
  if ('manifests' in json && !('layers' in json)) return OCI_INDEX;
  if ('layers' in json && 'config' in json && !('manifests' in json)) return OCI_MANIFEST;
  return undefined;
}
