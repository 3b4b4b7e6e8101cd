import type { EngineContext } from '../../engine/context.ts';
import type { Container } from '../../engine/containers/container.ts';
import { codeOf } from '../../base/errors.ts';

/** The image as the user named it, or its id where that name now means another image. */
export function imageName({ images }: EngineContext, { config, imageId }: Container): string {
  try {
    return images.resolve(config.image).id === imageId ? config.image : imageId;
  } catch (error) {
    if (codeOf(error) === 'internal') throw error;
    return imageId;
  }
}

/** Bytes of the writable layer, and of it with all layers below. */
export async function containerSize(
  engine: EngineContext,
  { id, imageId }: Container,
): Promise<{ writable: number; total: number }> {
  const { bytes } = await engine.snapshotter.usage(id);
  const image = engine.images.list().find((candidate) => candidate.id === imageId);
  return { writable: bytes, total: bytes + (image?.size ?? 0) };
}
