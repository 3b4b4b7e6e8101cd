import { notImplemented } from '../../base/errors.ts';
import type { Route } from '../route.ts';

const MISSING: readonly [Route['method'], string, string][] = [
  ['GET', '/images/search', 'searching a registry'],
  ['GET', '/images/get', 'saving images to an archive'],
  ['GET', '/images/*name/get', 'saving an image to an archive'],
  ['POST', '/images/load', 'loading images from an archive'],
  ['POST', '/images/*name/push', 'pushing an image'],
  ['POST', '/build', 'building an image'],
  ['POST', '/build/prune', 'the build cache'],
];

/** What the API knows and this daemon does not do yet: it says so by name. */
export function notBuiltYet(): Route[] {
  return MISSING.map(([method, path, what]) => ({
    method,
    path,
    handle: async () => {
      throw notImplemented(`${what} is not implemented yet`);
    },
  }));
}
