import { invalidArgument } from '../../base/errors.ts';
import { parseReference, withDefaultTag, type Reference } from '../../oci/reference.ts';

/** The name for an image that is being made, from a repository and a tag; null where it gets none. @throws invalid-argument */
export function newImageName(repository: string | null, tag: string | null): Reference | null {
  if (!repository) return null;
  const reference = parseReference(repository);
  if (reference.digest) throw invalidArgument('cannot import digest reference');
  if (!tag) return withDefaultTag(reference);
  return parseReference(`${reference.domain}/${reference.path}:${tag}`);
}
