import { bench300Image, bench44kImage, files20kImage } from './bench.ts';
import { busyboxImage } from './busybox.ts';
import { cached } from './cache-dir.ts';
import { debianImage, nginxImage } from './debian.ts';
import { demoImage } from './demo.ts';
import { nodeImage } from './node.ts';
import { postgresImage } from './postgres.ts';
import { writeLayout, type ImageSource } from './oci-layout.ts';

/** Raise it when a recipe changes: the cached layouts of before are then left alone. */
const VERSION = 2;

const recipes = {
  busybox: busyboxImage,
  demo: demoImage,
  debian: debianImage,
  nginx: nginxImage,
  node: nodeImage,
  postgres: postgresImage,
  'bench-300mb': bench300Image,
  'bench-44k': bench44kImage,
  'files-20k': files20kImage,
} satisfies Record<string, () => Promise<ImageSource>>;

export type TestImage = keyof typeof recipes;
export const TEST_IMAGES = Object.keys(recipes) as TestImage[];

/** The OCI layout directory of a test image, from the cache or made now. Nothing is pulled from a hub. */
export function ensureImage(name: TestImage): Promise<string> {
  return cached(`images/${name}-v${VERSION}`, async (directory) => {
    await writeLayout(directory, await recipes[name]());
  });
}
