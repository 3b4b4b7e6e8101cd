import { invalidArgument, notFound } from '../../base/errors.ts';
import type { Image } from '../../image/image-store.ts';
import { indexUpper } from '../../layer/index-upper.ts';
import type { LayerIndex } from '../../layer/layer-index.ts';
import type { Digest } from '../../oci/digest.ts';
import type { IdMapping } from '../../oci/id-mapping.ts';
import type { ImageContext } from '../images/image-context.ts';

/** Something mounted over a container's root file system. */
export interface StackMount {
  /** Absolute path in the container. */
  destination: string;
  /** For people: `volume data`, `bind /srv/www`, `tmpfs`. */
  description: string;
}

/** What a container's file system is made of. */
export interface ContainerStack {
  /** Whole id of the container. */
  id: string;
  imageId: Digest;
  diffIds: readonly Digest[];
  /** Host directory of the writable layer; null before it is made. */
  upperDir: string | null;
  /** How ids of the container lie in its writable layer. */
  idMapping: IdMapping | null;
  mounts: readonly StackMount[];
}

export type FindContainerStack = (idOrName: string) => Promise<ContainerStack>;

/** The layers of an image or a container, bottom first, with their indexes where they are asked for. */
export interface Stack {
  imageId: Digest;
  /** Absent when it was removed by force while the container lives on. */
  image: Image | undefined;
  container: ContainerStack | null;
  diffIds: readonly Digest[];
  /** Position of the topmost layer; -1 for an image of no layers. */
  top: number;
  /** Of the whole stack; the writable layer's is read anew each time. */
  indexes(): Promise<LayerIndex[]>;
}

type Layers = Pick<ImageContext, 'images' | 'layers'>;

/** @throws not-found; invalid-argument for an ambiguous prefix */
export function stackOfImage({ images, layers }: Layers, nameOrId: string): Stack {
  const image = images.resolve(nameOrId);
  const { diffIds } = image;
  return {
    imageId: image.id,
    image,
    container: null,
    diffIds,
    top: diffIds.length - 1,
    indexes: () => Promise.all(diffIds.map((diffId) => layers.index(diffId))),
  };
}

export async function stackOfContainer(
  { images, layers }: Layers,
  find: FindContainerStack,
  idOrName: string,
): Promise<Stack> {
  const container = await find(idOrName);
  const { diffIds, imageId, upperDir, idMapping: mapping } = container;
  const upper = async (): Promise<LayerIndex> =>
    upperDir === null ? { diffId: null, entries: [] } : await indexUpper(upperDir, { mapping });
  return {
    imageId,
    image: images.get(imageId),
    container,
    diffIds,
    top: diffIds.length,
    indexes: () => Promise.all([...diffIds.map((diffId) => layers.index(diffId)), upper()]),
  };
}

/** @throws not-found when the stack has no layer there */
export function checkPosition(stack: Stack, position: number): number {
  if (position >= 0 && position <= stack.top) return position;
  throw notFound(`${stack.container?.id ?? stack.imageId} has no layer ${position}: its top is ${stack.top}`);
}

/** `/usr//bin/` → `usr/bin`. @throws invalid-argument for `.` and `..`, which no layer has */
export function layerPath(path: string): string {
  const names = path.split('/').filter((name) => name !== '');
  if (names.some((name) => name === '.' || name === '..'))
    throw invalidArgument(`invalid path ${JSON.stringify(path)}: expected one without . and ..`);
  return names.join('/');
}
