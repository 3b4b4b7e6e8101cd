import { invalidArgument } from '../../base/errors.ts';
import type { EngineContext } from '../../engine/context.ts';
import type { ImageContext } from '../../engine/images/image-context.ts';
import { DiskUsageMeter, type UsageKind } from '../../engine/system/disk-usage.ts';
import { imageName } from '../containers/image-name.ts';
import type { Route } from '../route.ts';
import { containerSummary } from '../wire/container-summary.ts';
import { imageSummary } from '../wire/image-summary.ts';
import { volumeWire } from '../wire/volume.ts';

const KINDS: readonly UsageKind[] = ['container', 'image', 'volume', 'build-cache'];

/** GET /system/df, with `type` for some kinds only. */
export function diskUsageRoute(engine: EngineContext, images: ImageContext): Route {
  const meter = new DiskUsageMeter(engine, images);
  return {
    method: 'GET',
    path: '/system/df',
    handle: async ({ query }) => {
      const kinds = askedKinds(query);
      const usage = await meter.measure(kinds);
      const now = Date.now();
      return {
        status: 200,
        body: {
          LayersSize: usage.layersSize,
          Images: usage.images?.map(({ image, ...counts }) => imageSummary(image, counts)) ?? null,
          Containers:
            usage.containers?.map(({ container, ...size }) =>
              containerSummary(container, { image: imageName(engine, container), size, now }),
            ) ?? null,
          Volumes: usage.volumes?.map(({ volume, ...used }) => volumeWire(volume, used)) ?? null,
          BuildCache: kinds.has('build-cache') ? [] : null,
        },
      };
    },
  };
}

function askedKinds(query: URLSearchParams): ReadonlySet<UsageKind> {
  const asked = query.getAll('type');
  const kinds = KINDS.filter((kind) => asked.includes(kind));
  const unknown = asked.find((kind) => !KINDS.some((known) => known === kind));
  if (unknown !== undefined) throw invalidArgument(`unknown object type: ${unknown}`);
  return new Set(kinds.length > 0 ? kinds : KINDS);
}
