import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { notFound } from '../../base/errors.ts';
import { nameBytes } from '../../layer/byte-names.ts';
import type { LayerEntry } from '../../layer/layer-index.ts';
import { mergeStack } from '../../layer/views/merge-stack.ts';
import { openBeneath } from '../../linux/open-beneath.ts';
import type { ImageContext } from '../images/image-context.ts';
import type { Stack } from './layer-stack.ts';

/** Where to look: into the merged view at a position, or into one layer alone. */
export type FilePlace = { at: number } | { layer: number };

/** The content of a regular file. Symbolic links are not followed: they are no files. @throws not-found */
export async function openFile(
  { layers }: Pick<ImageContext, 'layers'>,
  stack: Stack,
  path: string,
  place: FilePlace,
): Promise<{ content: Readable; size: number }> {
  const found = await find(stack, path, place);
  if (found?.entry.type !== 'file') throw notFound(`no regular file at /${path}`);
  const { size } = found.entry;
  const diffId = stack.diffIds[found.layer];
  if (diffId) return { content: await layers.open(diffId, path), size };
  return await openInUpper(stack.container?.upperDir ?? '', path);
}

async function find(
  stack: Stack,
  path: string,
  place: FilePlace,
): Promise<{ entry: LayerEntry; layer: number } | undefined> {
  const indexes = await stack.indexes();
  if ('at' in place) return mergeStack(indexes, place.at).get(path);
  const entry = indexes[place.layer]?.entries.find((candidate) => candidate.path === path);
  return entry && { entry, layer: place.layer };
}

/** The container may turn any name into a symlink while we look: the kernel resolves the path, and never out of it. */
async function openInUpper(upper: string, path: string): Promise<{ content: Readable; size: number }> {
  const root = await open(upper, 'r');
  try {
    const fd = openBeneath(root.fd, nameBytes(path));
    const content = createReadStream('', { fd });
    return { content, size: -1 };
  } finally {
    await root.close();
  }
}
