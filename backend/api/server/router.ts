import { match, type MatchFunction } from 'path-to-regexp';
import { invalidArgument, notFound } from '../../base/errors.ts';
import type { Route } from '../route.ts';
import { API_VERSION, MIN_API_VERSION } from '../wire/api-version.ts';

interface Compiled {
  route: Route;
  match: MatchFunction<Record<string, string | string[] | undefined>>;
}

export interface Match {
  route: Route;
  params: Record<string, string>;
}

export type Router = (method: string, path: string) => Match;

/** Finds the route of a request. The first one that fits wins: fixed words stand before names. */
export function createRouter(routes: readonly Route[]): Router {
  const compiled = routes.map(
    (route): Compiled => ({ route, match: match(route.path, { decode: decodeSegment }) }),
  );
  return (method, path) => {
    const plain = withoutVersion(path);
    for (const { route, match: matches } of compiled) {
      // A HEAD is answered by its GET where it has no route of its own; the server drops the body.
      if (route.method !== method && !(method === 'HEAD' && route.method === 'GET')) continue;
      const found = matches(plain);
      if (found) return { route, params: flatten(found.params) };
    }
    throw notFound(`page not found: ${method} ${plain}`);
  };
}

/** `/v1.43/info` → `/info`. @throws invalid-argument for a version that is not spoken */
function withoutVersion(path: string): string {
  const [, version, rest] = /^\/v(\d+\.\d+)(\/.*)$/.exec(path) ?? [];
  if (version === undefined || rest === undefined) return path;
  if (older(version, MIN_API_VERSION)) {
    throw invalidArgument(
      `client version ${version} is too old. Minimum supported API version is ${MIN_API_VERSION}, please upgrade your client to a newer version`,
    );
  }
  if (older(API_VERSION, version)) {
    throw invalidArgument(
      `client version ${version} is too new. Maximum supported API version is ${API_VERSION}`,
    );
  }
  return rest;
}

function older(a: string, b: string): boolean {
  const [majorA = 0, minorA = 0] = a.split('.').map(Number);
  const [majorB = 0, minorB = 0] = b.split('.').map(Number);
  return majorA === majorB ? minorA < minorB : majorA < majorB;
}

/** Wildcards come as segments; image names have slashes of their own. */
function flatten(params: Record<string, string | string[] | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join('/') : (value ?? ''),
    ]),
  );
}

function decodeSegment(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalidArgument(`malformed percent-encoding in ${JSON.stringify(text)}`);
  }
}
