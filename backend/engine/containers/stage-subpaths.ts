import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { internal, isErrno, messageOf } from '../../base/errors.ts';
import { dropPlace, makePlace } from '../../linux/mount-place.ts';
import { openInRoot } from '../../linux/open-in-root.ts';
import type { EngineContext } from '../context.ts';

type Context = Pick<EngineContext, 'layout'>;

/**
 * Mounts what lies at a path inside a volume or an image where the runtime finds it. The path is followed within the
 * volume only, and what it led to stays mounted whatever a container makes of the path meanwhile.
 * Needed until the container is created; see `unstageSubpaths`.
 * @throws where there is nothing, naming the path
 */
export function stageSubpaths<T extends { source: string; subpath?: string | undefined }>(
  { layout }: Context,
  id: string,
  mounts: readonly T[],
): T[] {
  const deep = mounts.filter(({ subpath }) => subpath);
  if (deep.length === 0) return [...mounts];
  using opened = new DisposableStack();
  const sources = deep.map(({ source, subpath = '' }) => {
    const fd = openSubpath(source, subpath);
    opened.defer(() => closeSync(fd));
    return { source: `/proc/self/fd/${fd}`, userNamespace: null };
  });
  const places = makePlace(placeOf(layout, id), sources);
  const bySource = new Map(deep.map((mount, at) => [mount, places[at] ?? mount.source]));
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
export function unstageSubpaths({ layout }: Context, id: string): void {
  dropPlace(placeOf(layout, id));
}

const placeOf = (layout: EngineContext['layout'], id: string): string =>
  join(layout.staging, `subpaths-${id}`);
