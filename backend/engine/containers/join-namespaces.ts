import { conflict, invalidArgument } from '../../base/errors.ts';
import type { NamespaceInput } from '../../runtime/spec/spec-input.ts';
import type { EngineContext } from '../context.ts';
import { sharedContainer } from '../networks/network-names.ts';
import type { Container } from './container.ts';

type Context = Pick<EngineContext, 'containers' | 'layout'>;

/** The namespaces of a starting container: its own, the host's, or those of another container, which has to run. */
export function joinNamespaces(
  context: Context,
  container: Container,
): Record<'network' | 'pid' | 'ipc' | 'uts', NamespaceInput> {
  const { pidMode, ipcMode, utsMode } = container.hostConfig;
  return {
    network: networkNamespace(context, container),
    pid: namespace(context, pidMode, 'PID', 'pid'),
    ipc: namespace(context, ipcMode, 'IPC', 'ipc'),
    uts: utsMode === 'host' ? 'host' : 'private',
  };
}

function networkNamespace(context: Context, { hostConfig, sandbox }: Container): NamespaceInput {
  if (hostConfig.networkMode.startsWith('container:'))
    return namespace(context, hostConfig.networkMode, 'network', 'net');
  if (sandbox?.netnsPath) return { path: sandbox.netnsPath };
  return hostConfig.networkMode === 'host' ? 'host' : 'private';
}

function namespace(context: Context, mode: string, kind: string, file: string): NamespaceInput {
  const reference = sharedContainer(mode);
  if (reference === null) return mode === 'host' ? 'host' : 'private';
  const { state } = runningTarget(context, reference, kind);
  return { path: `/proc/${state.pid}/ns/${file}` };
}

/** @throws not-found; conflict for a container that does not run, in Docker's words */
function runningTarget({ containers }: Context, reference: string, kind: string): Container {
  const target = containers.resolve(reference);
  const { status, pid } = target.state;
  if (status === 'restarting')
    throw conflict(`Container ${reference} is restarting, wait until the container is running`);
  if ((status === 'running' || status === 'paused') && pid > 0) return target;
  throw conflict(`cannot join ${kind} namespace of a non running container: ${reference}`);
}

/**
 * The directory of the host that a container shows as its /dev/shm, where it shares it with others: it is mounted
 * here, as the mounts of a container cannot be handed on to another one. Null where it has one to itself.
 * @throws invalid-argument for a container that keeps its memory to itself, in Docker's words
 */
export function sharedMemoryOf(context: Context, { id, hostConfig }: Container): string | null {
  const { ipcMode } = hostConfig;
  if (ipcMode === 'shareable') return context.layout.sharedMemory(id);
  const reference = sharedContainer(ipcMode);
  if (reference === null) return null;
  const target = runningTarget(context, reference, 'IPC');
  if (target.hostConfig.ipcMode === 'host') return '/dev/shm';
  const path = sharedMemoryOf(context, target);
  if (path !== null) return path;
  throw invalidArgument(
    `container ${reference}: non-shareable IPC (hint: use IpcMode:shareable for the donor container)`,
  );
}
