import { invalidArgument } from '../../base/errors.ts';
import { familiarString, withDefaultTag, type Reference } from '../../oci/reference.ts';
import type { ImageContext } from './image-context.ts';

/** Gives an image another name; a tag moves from the image that had it. @throws not-found */
export function tagImage(
  { images, emit }: Pick<ImageContext, 'images' | 'emit'>,
  nameOrId: string,
  reference: Reference,
): void {
  if (reference.digest) throw invalidArgument('refusing to create a tag with a digest reference');
  const { id } = images.resolve(nameOrId);
  const tagged = withDefaultTag(reference);
  images.tag(id, tagged);
  emit({ type: 'image', action: 'tag', id, attributes: { name: familiarString(tagged) } });
}
