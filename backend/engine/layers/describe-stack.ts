import type { LayerIndex } from '../../layer/layer-index.ts';
import type { Digest } from '../../oci/digest.ts';
import type { ImageContext } from '../images/image-context.ts';
import { imageHistory } from '../images/image-history.ts';
import type { Stack } from './layer-stack.ts';

/** One layer as people see it. */
export interface DescribedLayer {
  position: number;
  kind: 'image' | 'writable';
  /** Of the blob as the registry keeps it. */
  digest: Digest | null;
  diffId: Digest | null;
  compressedSize: number | null;
  size: number;
  files: number;
  instruction: string;
  created: string | null;
}

/** Bottom first. The writable layer is counted as it is now. */
export async function describeStack(
  { layers }: Pick<ImageContext, 'layers'>,
  stack: Stack,
): Promise<DescribedLayer[]> {
  const described = describeImageLayers(layers, stack);
  if (!stack.container) return described;
  const upper = (await stack.indexes()).at(-1);
  return [...described, writableLayer(stack.top, upper?.entries ?? [])];
}

/** Without the writable layer; nothing is read from disk. */
export function describeImageLayers(layers: ImageContext['layers'], stack: Stack): DescribedLayer[] {
  const { image, diffIds } = stack;
  const history = image ? imageHistory(image, layers) : [];
  return diffIds.map((diffId, position) => {
    const { size, files } = layers.meta(diffId);
    const blob = image?.manifest.layers[position];
    const made = history.find(({ layer }) => layer === position);
    return {
      position,
      kind: 'image',
      digest: blob?.digest ?? null,
      diffId,
      compressedSize: blob?.size ?? null,
      size,
      files,
      instruction: made?.instruction ?? '',
      created: made?.created ?? null,
    };
  });
}

export const WRITABLE_INSTRUCTION = 'writable layer of the container';

function writableLayer(position: number, entries: LayerIndex['entries']): DescribedLayer {
  // Two names of one inode take their bytes once.
  const size = entries.reduce((sum, entry) => sum + (entry.hardLink === undefined ? entry.size : 0), 0);
  return {
    position,
    kind: 'writable',
    digest: null,
    diffId: null,
    compressedSize: null,
    size,
    files: entries.filter(({ path }) => path !== '').length,
    instruction: WRITABLE_INSTRUCTION,
    created: null,
  };
}
