import type { ImageConfig } from '../../oci/image-config.ts';
import type { Healthcheck } from './container.ts';

type ImageHealthcheck = NonNullable<NonNullable<ImageConfig['config']>['Healthcheck']>;

/** The image's check with what the user sets in its place, field by field. Null without any. */
export function mergeHealthcheck(
  image: ImageHealthcheck | null,
  own: Healthcheck | null,
): Healthcheck | null {
  if (!image) return own;
  return {
    test: own?.test.length ? own.test : (image.Test ?? []),
    interval: own?.interval || (image.Interval ?? 0),
    timeout: own?.timeout || (image.Timeout ?? 0),
    startPeriod: own?.startPeriod || (image.StartPeriod ?? 0),
    startInterval: own?.startInterval || (image.StartInterval ?? 0),
    retries: own?.retries || (image.Retries ?? 0),
  };
}
