import { pipeline } from 'node:stream/promises';
import type { ServerResponse } from 'node:http';
import { invalidArgument } from '../../base/errors.ts';
import type { FilesContext } from '../../engine/files/files-context.ts';
import { listVolume, statVolume } from '../../engine/volumes/browse-volume.ts';
import { readVolumeFile } from '../../engine/volumes/read-volume-file.ts';
import { boundsOf } from '../../layer/archive/byte-range.ts';
import type { PathStat } from '../../layer/archive/messages.ts';
import type { ApiRequest, Route } from '../route.ts';
import { parseByteRange } from '../wire/byte-range.ts';
import { wholeNumber } from '../wire/query.ts';
import { volumeEntryBody, volumeTreeBody } from '../wire/volume-views.ts';

const PATH = '/strata/v1/volumes/:name';
const LIMIT = 1000;
const LARGEST = 10_000;

export const treeRoute = (files: FilesContext): Route => ({
  method: 'GET',
  path: `${PATH}/tree`,
  handle: async ({ params, query }) => {
    const path = plain(query.get('path') ?? '/');
    const after = query.get('after') ?? '';
    const limit = pageLimit(query);
    const listed = await listVolume(files, { volume: params['name'] ?? '', path, after, limit });
    return { status: 200, body: volumeTreeBody(path, listed) };
  },
});

export const statRoute = (files: FilesContext): Route => ({
  method: 'GET',
  path: `${PATH}/stat`,
  handle: async ({ params, query }) => {
    const path = plain(neededPath(query));
    const stat = await statVolume(files, { volume: params['name'] ?? '', path });
    return { status: 200, body: volumeEntryBody(path, stat) };
  },
});

export const readFileRoute = (files: FilesContext): Route => ({
  method: 'GET',
  path: `${PATH}/file`,
  handle: async (request, response) => {
    const { params, query, headers, signal } = request;
    const range = parseByteRange(headers.range);
    const volume = params['name'] ?? '';
    const { stat, content } = await readVolumeFile(files, { volume, path: neededPath(query), range });
    const bounds = boundsOf(range, stat.size);
    if (range && !bounds) {
      content.destroy();
      const message = `volume ${volume}: ${neededPath(query)} has ${stat.size} bytes: none of them is in the range`;
      return { status: 416, headers: { 'Content-Range': `bytes */${stat.size}` }, body: { message } };
    }
    sendHead(response, stat, range && bounds);
    if (request.method === 'HEAD') return void (content.destroy(), response.end());
    try {
      await pipeline(content, response, { signal });
    } catch {
      // The head is out: cutting the connection is the one way left to say that this was not all.
      response.destroy();
    }
    return undefined;
  },
});

function sendHead(
  response: ServerResponse,
  { size, mtime }: PathStat,
  part: { start: number; end: number } | null,
): void {
  const headers = {
    'Content-Type': 'application/octet-stream',
    'Accept-Ranges': 'bytes',
    'Last-Modified': new Date(mtime.seconds * 1000).toUTCString(),
    'Content-Length': part ? part.end - part.start : size,
  };
  if (part) response.setHeader('Content-Range', `bytes ${part.start}-${part.end - 1}/${size}`);
  response.writeHead(part ? 206 : 200, headers);
}

/** With one slash first and none last. */
export function plain(path: string): string {
  return `/${path.split('/').filter(Boolean).join('/')}`;
}

export function neededPath(query: ApiRequest['query']): string {
  const path = query.get('path');
  if (path === null || path === '') throw invalidArgument('missing parameter path');
  return path;
}

function pageLimit(query: URLSearchParams): number {
  const limit = wholeNumber(query, 'limit') ?? LIMIT;
  if (limit < 1 || limit > LARGEST)
    throw invalidArgument(`invalid value ${limit} for parameter limit: expected 1 to ${LARGEST}`);
  return limit;
}
