import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { invalidArgument, messageOf } from '../../base/errors.ts';
import type { FilesContext } from '../../engine/files/files-context.ts';
import { importImage } from '../../engine/files/import-image.ts';
import type { ApiRequest, Reply } from '../route.ts';
import { newImageName } from './new-image-name.ts';
import { parsePlatform } from './parse-platform.ts';

/** POST /images/create with `fromSrc`: an image of an archive, from the body (`-`) or from a URL. */
export async function importFromSource(
  files: FilesContext,
  { query, raw, signal }: ApiRequest,
  response: ServerResponse,
): Promise<Reply | undefined> {
  const from = query.get('fromSrc') ?? '';
  const name = newImageName(query.get('repo'), query.get('tag'));
  const platform = parsePlatform(query.get('platform'));
  const changes = query.getAll('changes');
  const message = query.get('message') || `Imported from ${from}`;
  try {
    const source = from === '-' ? raw : await download(from, signal);
    const id = await importImage(files, { source, name, message, changes, platform, signal });
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(`${JSON.stringify({ status: id })}\r\n`);
    return undefined;
  } finally {
    // What is left of the body is read and dropped: else the client would not come to see the answer.
    raw.resume();
  }
}

async function download(from: string, signal: AbortSignal): Promise<Readable> {
  const url = from.includes('://') ? from : `http://${from}`;
  if (!URL.canParse(url) || !/^https?:/.test(url))
    throw invalidArgument(`invalid value ${JSON.stringify(from)} for parameter fromSrc: expected - or a URL`);
  try {
    const response = await fetch(url, { signal });
    if (!response.ok || !response.body) throw new Error(`${response.status} ${response.statusText}`);
    return Readable.fromWeb(response.body);
  } catch (error) {
    throw invalidArgument(`cannot download ${url}: ${messageOf(error)}`, error);
  }
}
