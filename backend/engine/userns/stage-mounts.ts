import { chownSync } from 'node:fs';
import { join } from 'node:path';
import { dropPlace, makePlace } from '../../linux/mount-place.ts';
import type { UserNamespace } from '../../linux/user-namespace.ts';
import type { Container } from '../containers/container.ts';
import type { EngineContext } from '../context.ts';

interface Mount {
  source: string;
  destination: string;
}

/**
 * Puts the sources of a container's bind mounts where its root may look them up: it is nobody on this host, and
 * could not pass through the data root or a user's home. Volumes show the ids of the containers that use them,
 * whatever those are here, so that containers with and without a user namespace may share one; plain host
 * directories show the host's, as with Docker.
 * @returns the mounts with their new sources. They are needed until the container is created; see `unstageMounts`
 */
export function stageMounts<T extends Mount>(
  { layout }: Pick<EngineContext, 'layout'>,
  { id, mountPoints }: Container,
  { fd, mapping }: UserNamespace,
  mounts: readonly T[],
): T[] {
  const mapped = new Set(
    mountPoints
      // Images are mounted with their owners mapped already: overlayfs does not let them be mapped from outside.
      .filter(({ type }) => type === 'volume')
      .map(({ destination }) => destination),
  );
  const own = join(layout.container(id), '/');
  // /etc/hosts and its like: the container's root writes to them.
  for (const { source } of mounts)
    if (source.startsWith(own)) chownSync(source, mapping.hostId, mapping.hostId);
  const sources = makePlace(
    placeOf(layout, id),
    mounts.map(({ source, destination }) => ({
      source,
      recursive: !mapped.has(destination),
      userNamespace: mapped.has(destination) ? fd : null,
    })),
    mapping.hostId,
  );
  return mounts.map((mount, at) => ({ ...mount, source: sources[at] ?? mount.source }));
}

/** Idempotent. The container keeps what it has mounted. */
export function unstageMounts({ layout }: Pick<EngineContext, 'layout'>, id: string): void {
  dropPlace(placeOf(layout, id));
}

const placeOf = (layout: EngineContext['layout'], id: string): string => join(layout.staging, `mounts-${id}`);
