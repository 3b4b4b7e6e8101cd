import { invalidArgument } from '../../base/errors.ts';
import type { FilesContext } from '../../engine/files/files-context.ts';
import {
  makeVolumeDirectory,
  removeVolumePath,
  renameVolumePath,
} from '../../engine/volumes/change-volume.ts';
import { statVolume } from '../../engine/volumes/browse-volume.ts';
import { writeVolumeFile } from '../../engine/volumes/write-volume-file.ts';
import type { NewAttributes } from '../../layer/archive/messages.ts';
import type { Route } from '../route.ts';
import { flag, wholeNumber } from '../wire/query.ts';
import { renameRequestSchema } from '../wire/strata-volumes.ts';
import { volumeEntryBody } from '../wire/volume-views.ts';
import { neededPath, plain } from './volume-browse.ts';

const PATH = '/strata/v1/volumes/:name';

export const writeFileRoute = (files: FilesContext): Route => ({
  method: 'PUT',
  path: `${PATH}/file`,
  handle: async ({ params, query, raw, signal }) => {
    const volume = params['name'] ?? '';
    const path = plain(neededPath(query));
    const attributes = newAttributes(query, 0o644);
    const create = flag(query, 'create', true) ? attributes : null;
    try {
      await writeVolumeFile(files, { volume, path, source: raw, create, signal });
    } finally {
      // What is left of the body is read and dropped: else the client would not come to see the answer.
      raw.resume();
    }
    return { status: 200, body: volumeEntryBody(path, await statVolume(files, { volume, path })) };
  },
});

export const removeFileRoute = (files: FilesContext): Route => ({
  method: 'DELETE',
  path: `${PATH}/file`,
  handle: async ({ params, query }) => {
    const where = { volume: params['name'] ?? '', path: plain(neededPath(query)) };
    await removeVolumePath(files, where, { recursive: flag(query, 'recursive') });
    return { status: 204 };
  },
});

export const makeDirectoryRoute = (files: FilesContext): Route => ({
  method: 'POST',
  path: `${PATH}/directories`,
  handle: async ({ params, query }) => {
    const where = { volume: params['name'] ?? '', path: plain(neededPath(query)) };
    const stat = await makeVolumeDirectory(files, where, newAttributes(query, 0o755));
    return { status: 201, ...(stat && { body: volumeEntryBody(where.path, stat) }) };
  },
});

export const renameRoute = (files: FilesContext): Route => ({
  method: 'POST',
  path: `${PATH}/rename`,
  handle: async ({ params, json }) => {
    const { from, to, overwrite } = renameRequestSchema.parse(await json());
    const where = { volume: params['name'] ?? '', path: plain(from) };
    const stat = await renameVolumePath(files, where, { to, overwrite });
    return { status: 200, ...(stat && { body: volumeEntryBody(plain(to), stat) }) };
  },
});

const LARGEST_ID = 2 ** 32 - 2;

function newAttributes(query: URLSearchParams, otherwise: number): NewAttributes {
  return { mode: modeOf(query, otherwise), uid: idOf(query, 'uid'), gid: idOf(query, 'gid') };
}

function modeOf(query: URLSearchParams, otherwise: number): number {
  const text = query.get('mode') || otherwise.toString(8);
  if (!/^[0-7]{1,4}$/.test(text))
    throw invalidArgument(
      `invalid value ${JSON.stringify(text)} for parameter mode: expected up to four octal digits`,
    );
  return Number.parseInt(text, 8);
}

function idOf(query: URLSearchParams, name: string): number | null {
  const id = wholeNumber(query, name);
  if (id !== null && (id < 0 || id > LARGEST_ID))
    throw invalidArgument(`invalid value ${id} for parameter ${name}: expected 0 to ${LARGEST_ID}`);
  return id;
}
