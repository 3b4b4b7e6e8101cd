import type { Digest } from '../oci/digest.ts';
import type { ImageConfig } from '../oci/image-config.ts';
import type { Descriptor, Manifest } from '../oci/manifest.ts';
import type { Reference } from '../oci/reference.ts';

/** An image that is whole on this machine. */
export interface Image {
  /** Digest of the config: what Docker calls the image's id. */
  id: Digest;
  /** The manifest it was pulled by (not the index). */
  manifestDescriptor: Descriptor;
  manifest: Manifest;
  config: ImageConfig;
  /** Bottom first. */
  diffIds: readonly Digest[];
  /** Canonical references with tag. */
  tags: readonly string[];
  /** Canonical references with digest (`docker.io/library/x@sha256:…`): what Docker calls RepoDigests. */
  digests: readonly string[];
  /** Bytes of the unpacked layers. */
  size: number;
  /** When a tag was last set on this machine (ISO 8601); the store's own, ignored by `put`. */
  lastTagTime?: string | undefined;
}

export interface ImageStore {
  list(): Image[];
  /** By reference (default tag), digest reference, id or unique id prefix. @throws not-found; invalid-argument for an ambiguous prefix */
  resolve(nameOrId: string): Image;
  get(id: Digest): Image | undefined;
  /** Records an image whose blobs and layers are all there, in one transaction with its references; a tag moves from the image that had it. */
  put(image: Omit<Image, 'tags' | 'digests'>, references: readonly Reference[]): void;
  tag(id: Digest, reference: Reference): void;
  /** Removes a reference; returns whether the image has any left. */
  untag(reference: Reference): boolean;
  /** Removes the record and all references. Blobs and layers that nothing uses are the gc's. */
  remove(id: Digest): void;
}
