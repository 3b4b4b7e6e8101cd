import { notFound } from '../base/errors.ts';
import type { Descriptor, ImageIndex } from '../oci/manifest.ts';
import { formatPlatform, type Platform } from '../oci/platform.ts';

/**
 * The index entry that fits a platform best (image-spec, image-index.md). An older variant of the same
 * architecture runs on a newer processor, so the newest one that is not newer than the wanted one wins.
 * @throws not-found naming what the index has
 */
export function selectPlatform(index: ImageIndex, wanted: Platform, name: string): Descriptor {
  const candidates = index.manifests
    .map((descriptor) => ({ descriptor, rank: rank(descriptor.platform, wanted) }))
    .filter(({ rank }) => rank >= 0)
    // Stable: the first of equals wins, as the specification asks for.
    .toSorted((a, b) => b.rank - a.rank);
  const [best] = candidates;
  if (best) return best.descriptor;
  throw notFound(
    `no matching manifest for ${formatPlatform(wanted)} in the index of ${name}: it has ${offered(index)}`,
  );
}

/** Negative: does not run. Else the higher the better. */
function rank(offer: Descriptor['platform'], wanted: Platform): number {
  if (offer?.os !== wanted.os || offer.architecture !== wanted.architecture) return -1;
  const have = level(offer.architecture, offer.variant);
  const want = level(wanted.architecture, wanted.variant);
  if (have === undefined || want === undefined) return offer.variant === wanted.variant ? 0 : -1;
  return have <= want ? have : -1;
}

const BASELINE: Readonly<Record<string, number>> = { arm: 7, arm64: 8 };

/** `v7` → 7; without a variant, what every processor of the architecture can do. */
function level(architecture: string, variant: string | undefined): number | undefined {
  if (!variant) return BASELINE[architecture] ?? 1;
  const number = /^v(\d+)$/.exec(variant)?.[1];
  return number === undefined ? undefined : Number(number);
}

function offered(index: ImageIndex): string {
  const names = index.manifests
    .flatMap(({ platform }) => (platform && platform.os !== 'unknown' ? [formatPlatform(platform)] : []))
    .slice(0, 20);
  return names.length > 0 ? [...new Set(names)].join(', ') : 'none';
}

/** Whether a single image that is no index may stand for a platform that the user asked for by name. */
export function runsOn(image: Platform, wanted: Platform): boolean {
  const offer = { os: image.os, architecture: image.architecture, variant: image.variant || undefined };
  return rank(offer, wanted) >= 0;
}
