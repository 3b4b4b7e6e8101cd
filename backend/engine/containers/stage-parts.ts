import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { internal, isErrno, messageOf } from '../../base/errors.ts';
import { dropPlace, makePlace } from '../../linux/mount-place.ts';
import { openInRoot } from '../../linux/open-in-root.ts';
import type { EngineContext } from '../context.ts';

type Context = Pick<EngineContext, 'layout'>;

interface Part {
  source: string;
  /** Inside the source. */
  subpath?: string | undefined;
  /** Without what is mounted below it. */
  nonRecursive?: boolean | undefined;
}

/**
 * Mounts parts of sources where the runtime finds them: what lies at a path inside a volume or an image, and what is
 * wanted without the mounts below it, which some runtimes take along all the same. The path is followed within the
 * volume only, and what it led to stays mounted whatever a container makes of the path meanwhile.
 * Needed until the container is created; see `unstageParts`.
 * @throws where there is nothing, naming the path
 */
export function stageParts<T extends Part>({ layout }: Context, id: string, mounts: readonly T[]): T[] {
  const parts = mounts.filter(({ subpath, nonRecursive }) => subpath || nonRecursive);
  if (parts.length === 0) return [...mounts];
  using opened = new DisposableStack();
  const sources = parts.map(({ source, subpath }) => {
    if (!subpath) return { source, userNamespace: null };
    const fd = openSubpath(source, subpath);
    opened.defer(() => closeSync(fd));
    return { source: `/proc/self/fd/${fd}`, userNamespace: null };
  });
  const places = makePlace(placeOf(layout, id), sources);
  const bySource = new Map(parts.map((mount, at) => [mount, places[at] ?? mount.source]));
  return mounts.map((mount) => ({ ...mount, source: bySource.get(mount) ?? mount.source }));
}

function openSubpath(source: string, subpath: string): number {
  try {
    return openInRoot(source, subpath);
  } catch (error) {
    const reason = isErrno(error, 'ENOENT') ? 'no such file or directory' : messageOf(error);
    throw internal(`cannot access path ${join(source, subpath)}: ${reason}`, error);
  }
}

/** Idempotent. The container keeps what it has mounted. */
export function unstageParts({ layout }: Context, id: string): void {
  dropPlace(placeOf(layout, id));
}

const placeOf = (layout: EngineContext['layout'], id: string): string => join(layout.staging, `parts-${id}`);
