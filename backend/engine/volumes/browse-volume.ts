import { text } from 'node:stream/consumers';
import { conflict } from '../../base/errors.ts';
import type { ListedNames, PathStat } from '../../layer/archive/messages.ts';
import { parseResourcePath } from '../../layer/archive/resource-path.ts';
import { byteString, nameBytes } from '../../layer/byte-names.ts';
import type { FilesContext } from '../files/files-context.ts';
import { inVolume, namingPath } from './in-volume.ts';
import { volumePath } from './volume-path.ts';

export interface ListRequest {
  volume: string;
  path: string;
  /** The last name of the page before; empty for the first page. */
  after: string;
  limit: number;
}

/** Names are byte strings. @throws not-found; invalid-argument where the path is no directory */
export async function listVolume(
  files: FilesContext,
  { volume, path, after, limit }: ListRequest,
): Promise<ListedNames> {
  const start = byteString(nameBytes(after));
  const task = { kind: 'list', path: volumePath(path), after: start, limit } as const;
  const { result, close } = await inVolume(files, volume, async (view) => {
    const { opened, content } = files.archives.read(view, task);
    await namingPath(opened, volume, path);
    return JSON.parse(await text(content)) as ListedNames;
  });
  await close();
  return result;
}

/** Of the name itself: a symlink is not followed in the last place. @throws not-found */
export async function statVolume(
  files: FilesContext,
  { volume, path }: { volume: string; path: string },
): Promise<PathStat> {
  const task = { kind: 'stat', path: parseResourcePath(volumePath(path)) } as const;
  const { result, close } = await inVolume(files, volume, async (view) => {
    const { opened, content } = files.archives.read(view, task);
    content.resume();
    return await namingPath(opened, volume, path);
  });
  await close();
  if (!result) throw conflict(`looking at volume ${volume} was cancelled`);
  return result;
}
