import { createHash, type Hash } from 'node:crypto';
import { invalidArgument } from '../base/errors.ts';

declare const brand: unique symbol;
/** `sha256:` and 64 lower-case hexadecimal digits (image-spec, descriptor.md#digests). */
export type Digest = string & { readonly [brand]: 'Digest' };

const DIGEST = /^sha256:[0-9a-f]{64}$/;

export function isDigest(text: string): text is Digest {
  return DIGEST.test(text);
}

/** @throws invalid-argument when `text` is no sha256 digest. */
export function parseDigest(text: string): Digest {
  if (!isDigest(text))
    throw invalidArgument(`invalid digest ${JSON.stringify(text)}: expected sha256:<64 hex digits>`);
  return text;
}

export function digestOf(bytes: Uint8Array | string): Digest {
  return finishDigest(createHash('sha256').update(bytes));
}

/** The digest of what was fed to a sha256 hash; the hash cannot be used afterwards. */
export function finishDigest(hash: Hash): Digest {
  return `sha256:${hash.digest('hex')}` as Digest;
}

/** The hexadecimal part, fit for a file name. */
export function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length);
}
