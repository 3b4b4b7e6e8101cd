import type { EngineContext } from '../context.ts';
import type { Container, HostConfig } from '../containers/container.ts';

/**
 * The container whose namespaces a container joins (`container:ID`), null where it joins nobody's. The namespaces
 * of two containers belong to two user namespaces unless those joined one another.
 * @throws not-found
 */
export function joinedContainers(
  { containers }: Pick<EngineContext, 'containers'>,
  { networkMode, ipcMode, pidMode }: Pick<HostConfig, 'networkMode' | 'ipcMode' | 'pidMode'>,
): Container[] {
  const references = [networkMode, ipcMode, pidMode].flatMap((mode) =>
    mode.startsWith('container:') ? [mode.slice('container:'.length)] : [],
  );
  return [...new Set(references.map((reference) => containers.resolve(reference)))];
}
