import type { Route } from '../route.ts';
import { commitRoute } from './commit.ts';
import { createImage } from './create-image.ts';
import { historyRoute } from './history.ts';
import type { ImageRoutesDependencies } from './images-dependencies.ts';
import { inspectDistribution } from './inspect-distribution.ts';
import { inspectImage } from './inspect-image.ts';
import { listImagesRoute } from './list-images.ts';
import { notBuiltYet } from './not-built-yet.ts';
import { pruneImagesRoute } from './prune-images.ts';
import { removeImageRoute } from './remove-image.ts';
import { tagImageRoute } from './tag-image.ts';

/** Docker's image endpoints. Fixed words stand before names. */
export function imageRoutes(dependencies: ImageRoutesDependencies): Route[] {
  return [
    createImage(dependencies),
    commitRoute(dependencies.files),
    listImagesRoute(dependencies),
    pruneImagesRoute(dependencies),
    ...notBuiltYet(),
    inspectImage(dependencies),
    historyRoute(dependencies),
    tagImageRoute(dependencies),
    removeImageRoute(dependencies),
    inspectDistribution(dependencies),
  ];
}
