import { conflict } from '../../base/errors.ts';
import { joinUserNamespace, makeUserNamespace, type UserNamespace } from '../../linux/user-namespace.ts';
import type { Container } from '../containers/container.ts';
import type { EngineContext } from '../context.ts';
import { joinedContainers } from './shared-namespaces.ts';

/**
 * The user namespace for a start of the container, null for one that has none. It is needed until the container's
 * first process is in it, which keeps it from then on.
 * @throws conflict where it belongs to a container that does not run, or that has other ids by now
 */
export async function openUserNamespace(
  context: EngineContext,
  { idMapping, hostConfig, name }: Container,
): Promise<UserNamespace | null> {
  if (idMapping === null) return null;
  const [other] = joinedContainers(context, hostConfig);
  if (!other) return makeUserNamespace(idMapping);
  if (other.state.pid === 0)
    throw conflict(`cannot join the user namespace of a non running container: ${other.name}`);
  if (other.idMapping?.hostId !== idMapping.hostId)
    throw conflict(
      `container ${name} was made for the user namespace of an earlier container ${other.name}: create it again`,
    );
  return joinUserNamespace(other.state.pid, idMapping);
}
