import { invalidArgument } from '../../base/errors.ts';
import { checkOptions } from '../../runtime/spec/check-options.ts';
import type { NamespaceInput } from '../../runtime/spec/spec-input.ts';
import type { EngineContext } from '../context.ts';
import type { ContainerConfig, HostConfig } from './container.ts';
import { hostFacts } from './host-facts.ts';
import { portMappings } from './port-mappings.ts';

/**
 * Whether a container with these settings could start, as far as that can be told without making anything.
 * @throws invalid-argument in Docker's words; unavailable without an init program
 */
export function checkRequest(
  { init }: Pick<EngineContext, 'init'>,
  config: ContainerConfig,
  hostConfig: HostConfig,
): void {
  if (hostConfig.autoRemove && hostConfig.restartPolicy.name !== 'no')
    throw invalidArgument("can't create 'AutoRemove' container with restart policy");
  portMappings(config, hostConfig);
  const host = hostFacts();
  checkOptions(
    {
      ...hostConfig,
      resources: withoutDevices(hostConfig),
      network: namespaceOf(hostConfig.networkMode),
      ipc: namespaceOf(hostConfig.ipcMode),
      tmpfs: tmpfsOf(hostConfig),
      init: hostConfig.pidMode === '' && (hostConfig.init ?? init),
    },
    host,
  );
}

const namespaceOf = (mode: string): NamespaceInput => (mode === 'host' ? 'host' : 'private');

/** The numbers of devices are looked up at the start: it is then that they have to be there. */
function withoutDevices(hostConfig: HostConfig) {
  return {
    ...hostConfig,
    blkioWeightDevice: [],
    blkioDeviceReadBps: [],
    blkioDeviceWriteBps: [],
    blkioDeviceReadIOps: [],
    blkioDeviceWriteIOps: [],
  };
}

function tmpfsOf({ tmpfs, mounts }: HostConfig): Record<string, string> {
  const mounted = mounts
    .filter(({ type }) => type === 'tmpfs')
    .map(({ target, options }) => [target, options] as const);
  return { ...tmpfs, ...Object.fromEntries(mounted) };
}
