import { conflict, notFound } from '../../base/errors.ts';
import type { EngineContext } from '../context.ts';

/**
 * `docker rm --link web/db`: the container `web` forgets the other one's alias, from its next start on.
 * @throws conflict for a container's own name, not-found where there is no such link
 */
export async function removeLink(context: EngineContext, name: string): Promise<void> {
  const [parent = '', alias, ...rest] = name.replace(/^\//, '').split('/');
  if (alias === undefined || alias === '' || rest.length > 0)
    throw conflict('Conflict, cannot remove the default link name of the container');
  const container = context.containers.resolve(parent);
  await context.locks.run(container.id, async () => {
    const links = container.hostConfig.links.filter((link) => aliasOf(link) !== alias);
    if (links.length === container.hostConfig.links.length) throw notFound(`could not get link for ${name}`);
    container.hostConfig.links = links;
    context.containers.save(container);
  });
}

/** `db:alias`, `/db:/web/alias`, or `db` alone. */
const aliasOf = (link: string): string => link.split(/[:/]/).at(-1) ?? link;
