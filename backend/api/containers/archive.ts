import { pipeline } from 'node:stream/promises';
import { invalidArgument } from '../../base/errors.ts';
import { archivePath, statPath, type PathRequest } from '../../engine/files/archive-path.ts';
import { extractToDir } from '../../engine/files/extract-to-dir.ts';
import type { FilesContext } from '../../engine/files/files-context.ts';
import type { ApiRequest, Route } from '../route.ts';
import { pathStatHeader } from '../wire/path-stat.ts';
import { flag } from '../wire/query.ts';

const PATH = '/containers/:id/archive';
const STAT = 'X-Docker-Container-Path-Stat';

/** What `docker cp` is made of. */
export const archiveRoutes = (files: FilesContext): Route[] => [
  {
    method: 'HEAD',
    path: PATH,
    handle: async (request) => {
      const stat = await statPath(files, pathRequest(request));
      return { status: 200, headers: { [STAT]: pathStatHeader(stat) } };
    },
  },
  {
    method: 'GET',
    path: PATH,
    handle: async (request, response) => {
      const { stat, content } = await archivePath(files, pathRequest(request));
      response.writeHead(200, { 'Content-Type': 'application/x-tar', [STAT]: pathStatHeader(stat) });
      // A client that goes away ends the work; what fails half-way breaks the connection off.
      await pipeline(content, response);
      return undefined;
    },
  },
  { method: 'PUT', path: PATH, handle: (request) => putArchive(files, request) },
];

async function putArchive(files: FilesContext, request: ApiRequest): Promise<{ status: number }> {
  const { query, raw, signal } = request;
  try {
    await extractToDir(files, {
      ...pathRequest(request),
      noOverwriteDirNonDir: flag(query, 'noOverwriteDirNonDir'),
      copyUIDGID: flag(query, 'copyUIDGID'),
      source: raw,
      signal,
    });
    return { status: 200 };
  } finally {
    // What is left of the body is read and dropped: else the client would not come to see the answer.
    raw.resume();
  }
}

function pathRequest({ params, raw }: ApiRequest): PathRequest {
  const path = byteParameter(raw.url ?? '', 'path');
  if (path === '') throw invalidArgument('bad parameter: path cannot be empty');
  if (path.includes('\0')) throw invalidArgument('bad parameter: path cannot hold a zero byte');
  return { reference: params['id'] ?? '', path };
}

/** A parameter as the bytes that were sent, which need not be UTF-8; empty where there is none. */
function byteParameter(url: string, name: string): string {
  const query = url.slice(url.indexOf('?') + 1);
  const value = query
    .split('&')
    .find((part) => part.startsWith(`${name}=`))
    ?.slice(name.length + 1);
  const bytes = (value ?? '').replaceAll('+', ' ').replaceAll(/%([0-9a-fA-F]{2})/g, (_, hex: string) => {
    return String.fromCharCode(Number.parseInt(hex, 16));
  });
  // What was sent without percent signs came as one character per byte already.
  return bytes;
}
