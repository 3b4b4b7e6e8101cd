import { notFound } from '../../../backend/base/errors.ts';
import type { Image, ImageStore } from '../../../backend/image/image-store.ts';
import { digestOf } from '../../../backend/oci/digest.ts';
import type { ImageConfig } from '../../../backend/oci/image-config.ts';

/** An image that runs `/bin/sh`, unless its configuration says otherwise. */
export function fakeImage(name = 'docker.io/library/box:latest', config: ImageConfig['config'] = {}): Image {
  const descriptor = {
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    digest: digestOf(name),
    size: 1,
  };
  const diffIds = [digestOf('layer')];
  return {
    id: digestOf(`config of ${name}`),
    manifestDescriptor: descriptor,
    manifest: {
      schemaVersion: 2,
      mediaType: descriptor.mediaType,
      config: { ...descriptor, mediaType: 'application/vnd.oci.image.config.v1+json' },
      layers: [],
    },
    config: {
      architecture: 'amd64',
      os: 'linux',
      config: { Cmd: ['/bin/sh'], ...config },
      rootfs: { type: 'layers', diff_ids: diffIds },
    },
    diffIds,
    tags: [name],
    digests: [],
    size: 100,
  };
}

/** Read-only: finds an image by any part of a tag's end, or its id. */
export class FakeImages implements ImageStore {
  readonly images: Image[] = [];

  list(): Image[] {
    return this.images;
  }

  resolve(name: string): Image {
    const image = this.images.find(
      ({ id, tags }) =>
        id === name || tags.some((tag) => tag.endsWith(name) || tag.endsWith(`/${name}:latest`)),
    );
    if (!image) throw notFound(`no such image: ${name}`);
    return image;
  }

  get(id: string): Image | undefined {
    return this.images.find((image) => image.id === id);
  }

  put(): void {
    throw new Error('not in this fake');
  }

  tag(): void {
    throw new Error('not in this fake');
  }

  untag(): boolean {
    throw new Error('not in this fake');
  }

  remove(): void {
    throw new Error('not in this fake');
  }
}
