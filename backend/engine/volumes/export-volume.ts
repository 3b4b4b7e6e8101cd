import type { Readable } from 'node:stream';
import type { FilesContext } from '../files/files-context.ts';
import { inVolume, namingPath } from './in-volume.ts';
import { volumePath } from './volume-path.ts';

/**
 * An archive of a directory of a volume, whose names begin with `./`, made while it is read.
 * @throws not-found; invalid-argument where the path is no directory
 */
export async function exportVolume(
  files: FilesContext,
  { volume, path }: { volume: string; path: string },
): Promise<Readable> {
  const { dir, base } = splitLast(volumePath(path));
  const resource = { directory: dir, base, isDirectory: true, rename: '.' };
  const { result, close } = await inVolume(files, volume, async (view) => {
    const { opened, content } = files.archives.read(view, { kind: 'archive', path: resource, mapping: null });
    await namingPath(opened, volume, path);
    return content;
  });
  result.once('close', () => void close());
  return result;
}

function splitLast(path: string): { dir: string; base: string } {
  const at = path.lastIndexOf('/');
  return { dir: path.slice(0, at) || '/', base: path.slice(at + 1) };
}
