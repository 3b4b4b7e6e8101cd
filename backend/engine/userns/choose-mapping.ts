import { invalidArgument } from '../../base/errors.ts';
import { makeUserNamespace } from '../../linux/user-namespace.ts';
import type { HostConfig } from '../containers/container.ts';
import type { EngineContext } from '../context.ts';
import type { MappingLease } from './id-ranges.ts';
import { joinedContainers } from './shared-namespaces.ts';

/**
 * The ids of a new container: those of the container whose namespaces it joins, ids of its own where it asks for a
 * user namespace or the daemon gives everybody one, else none: it is root here too.
 * @throws invalid-argument for what does not go together; not-implemented where the host cannot do it;
 *   resource-exhausted without free ids
 */
export async function chooseMapping(
  context: EngineContext,
  hostConfig: HostConfig,
): Promise<MappingLease | null> {
  const mode = hostConfig.usernsMode;
  if (mode === 'host') return null;
  if (mode !== '' && mode !== 'private') throw invalidArgument(`invalid userns mode: ${mode}`);
  const joined = joinedMapping(context, hostConfig);
  if (joined !== undefined) return joined;
  if (mode === '' && context.userns.default === 'host') return null;
  checkConflicts(hostConfig);
  const lease = context.userns.ranges.take();
  try {
    using trial = await makeUserNamespace(lease.mapping);
    await context.snapshotter.checkMapped(trial);
    return lease;
  } catch (error) {
    lease[Symbol.dispose]();
    throw error;
  }
}

/** Who shares a network, IPC or PID namespace shares the user namespace that owns it. Undefined: it joins nobody. */
function joinedMapping(context: EngineContext, hostConfig: HostConfig): MappingLease | null | undefined {
  const [first, ...others] = joinedContainers(context, hostConfig);
  if (!first) return undefined;
  const { idMapping: mapping } = first;
  for (const other of others) {
    if (other.idMapping?.hostId === mapping?.hostId) continue;
    throw invalidArgument(
      `containers ${first.name} and ${other.name} are in different user namespaces: one container cannot join both`,
    );
  }
  if (mapping) {
    checkConflicts(hostConfig);
    return { mapping, [Symbol.dispose]: () => undefined };
  }
  if (hostConfig.usernsMode !== 'private') return null;
  throw invalidArgument(
    `container ${first.name} has no user namespace: a container that joins its namespaces cannot have one`,
  );
}

/** In Docker's words. */
function checkConflicts({ privileged, networkMode, pidMode }: HostConfig): void {
  if (privileged)
    throw invalidArgument(
      'privileged mode is incompatible with user namespaces.  You must run the container in the host namespace when running privileged mode',
    );
  if (networkMode === 'host')
    throw invalidArgument("cannot share the host's network namespace when user namespaces are enabled");
  if (pidMode === 'host')
    throw invalidArgument('cannot share the host PID namespace when user namespaces are enabled');
}
