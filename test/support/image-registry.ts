import { ensureImage, type TestImage } from '../setup/images/ensure-image.ts';
import { startRegistry, type Registry } from './start-registry.ts';

/** A registry that already has these images, as `NAME:latest` and, for mirrors, as `library/NAME:latest`. */
export async function startImageRegistry(images: readonly TestImage[]): Promise<Registry> {
  const registry = await startRegistry();
  try {
    for (const image of images) {
      const layout = await ensureImage(image);
      await registry.push(layout, image);
      await registry.push(layout, `library/${image}`);
    }
    return registry;
  } catch (error) {
    await registry[Symbol.asyncDispose]();
    throw error;
  }
}
