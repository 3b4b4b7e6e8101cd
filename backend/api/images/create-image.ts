import type { ServerResponse } from 'node:http';
import { invalidArgument, messageOf } from '../../base/errors.ts';
import { pullImage } from '../../engine/images/pull-image.ts';
import type { OnPullEvent } from '../../engine/images/pull-progress.ts';
import { isDigest } from '../../oci/digest.ts';
import { parseReference, type Reference } from '../../oci/reference.ts';
import { parseRegistryAuth } from '../../registry/credentials.ts';
import type { Route } from '../route.ts';
import { progressLines, type ProgressLine } from '../wire/pull-progress.ts';
import { importFromSource } from './import-image.ts';
import type { ImageRoutesDependencies } from './images-dependencies.ts';
import { parsePlatform } from './parse-platform.ts';

/** POST /images/create: a pull, or an import. Before its first line a failure is an HTTP status, afterwards it is a line. */
export function createImage({ context, files }: ImageRoutesDependencies): Route {
  return {
    method: 'POST',
    path: '/images/create',
    handle: async (apiRequest, response) => {
      const { query, headers, signal } = apiRequest;
      if (query.get('fromSrc')) return importFromSource(files, apiRequest, response);
      const auth = headers['x-registry-auth'];
      const request = {
        reference: wantedReference(query),
        platform: parsePlatform(query.get('platform')),
        credentials: parseRegistryAuth(Array.isArray(auth) ? auth[0] : auth),
        signal,
      };
      try {
        await pullImage(context, request, progressTo(response));
      } catch (error) {
        if (!response.headersSent) throw error;
        const message = messageOf(error);
        writeLine(response, { errorDetail: { message }, error: message });
      }
      response.end();
      return undefined;
    },
  };
}

/** `fromImage` with `tag`, which may be a digest. */
function wantedReference(query: URLSearchParams): Reference {
  const from = query.get('fromImage');
  const tag = query.get('tag');
  if (!from) throw invalidArgument('missing parameter fromImage');
  if (!tag) return parseReference(from);
  if (isDigest(tag)) return parseReference(`${from}@${tag}`);
  const reference = parseReference(from);
  // The parameter is the newer word where both name a tag.
  return parseReference(`${reference.domain}/${reference.path}:${tag}`);
}

function progressTo(response: ServerResponse): OnPullEvent {
  return (event) => {
    if (response.destroyed) return;
    if (!response.headersSent) response.writeHead(200, { 'Content-Type': 'application/json' });
    // A client that does not read misses counts, never a change of state: its lines must not pile up here.
    const isCount = event.kind === 'layer' && event.current !== undefined;
    if (isCount && response.writableNeedDrain) return;
    for (const line of progressLines(event)) writeLine(response, line);
  };
}

function writeLine(response: ServerResponse, line: ProgressLine): void {
  if (!response.destroyed) response.write(`${JSON.stringify(line)}\r\n`);
}
