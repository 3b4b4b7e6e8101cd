import { notFound } from '../../base/errors.ts';
import type { ImageConfig } from '../../oci/image-config.ts';
import { formatPlatform, hostPlatform } from '../../oci/platform.ts';
import { runsOn } from '../../registry/select-platform.ts';
import type { CreateRequest } from './create-request.ts';

/**
 * @returns a warning for an image of another processor that nobody asked for
 * @throws not-found, upon which `docker run` pulls, where the image is not for the platform that was asked for
 */
export function checkImagePlatform(
  image: ImageConfig,
  { platform, config }: Pick<CreateRequest, 'platform' | 'config'>,
): string[] {
  const host = hostPlatform();
  if (platform !== null) {
    const [os = '', architecture = '', variant] = platform.split('/');
    if (runsOn(image, { os, architecture, variant })) return [];
    throw notFound(
      `image with reference ${config.image} was found but its platform (${formatPlatform(image)}) does not match the specified platform (${platform})`,
    );
  }
  if (image.architecture === host.architecture) return [];
  return [
    `The requested image's platform (${formatPlatform(image)}) does not match the detected host platform (${formatPlatform(host)}) and no specific platform was requested`,
  ];
}
