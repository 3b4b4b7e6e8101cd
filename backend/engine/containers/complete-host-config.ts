import { codeOf, invalidArgument } from '../../base/errors.ts';
import { MASKED_PATHS, READONLY_PATHS } from '../../runtime/spec/system-paths.ts';
import type { EngineContext } from '../context.ts';
import { checkCpuset } from './check-cpuset.ts';
import type { HostConfig } from './container.ts';
import { dropUnsupported } from './drop-unsupported.ts';
import { hostFacts } from './host-facts.ts';

const SHM_SIZE = 64 * 1024 * 1024;
/** What the kernel's scheduler knows. */
const MIN_SHARES = 2;
const MAX_SHARES = 262_144;

/**
 * The wishes of a request with everything in its place that Docker fills in at creation: defaults, ids for the names
 * of other containers, and without the limits that this kernel does not offer.
 * @throws invalid-argument in Docker's words; not-found for a container whose namespaces are to be joined
 */
export function completeHostConfig(
  context: Pick<EngineContext, 'containers' | 'runtime'>,
  asked: HostConfig,
): { hostConfig: HostConfig; warnings: string[] } {
  const { support, cgroupVersion } = hostFacts();
  const { hostConfig: host, warnings } = dropUnsupported(withDefaults(asked), support);
  checkCpuset(host, support);
  checkRuntime(context, host.runtime);
  const privateCgroup = cgroupVersion === 2 ? 'private' : 'host';
  return {
    hostConfig: {
      ...host,
      pidMode: withId(context, host.pidMode, true),
      ipcMode: withId(context, host.ipcMode, true),
      networkMode: withId(context, host.networkMode, false),
      cgroupnsMode: host.cgroupnsMode || privateCgroup,
      runtime: host.runtime || context.runtime.name,
      maskedPaths: host.maskedPaths ?? (host.privileged ? null : [...MASKED_PATHS]),
      readonlyPaths: host.readonlyPaths ?? (host.privileged ? null : [...READONLY_PATHS]),
    },
    warnings: [...warnings, ...warningsOf(host)],
  };
}

/** The monitor writes the log itself, to the page cache: there is no buffer that could fill up or lose a line. */
const NO_BUFFER =
  'Logs are written to a local file without a buffer: with mode=non-blocking no line is dropped, max-buffer-size has no effect, and the container still waits where the disk does.';

function warningsOf({ oomKillDisable, memory, networkMode, portBindings, logConfig }: HostConfig): string[] {
  const nonBlocking = logConfig.type !== 'none' && logConfig.options['mode'] === 'non-blocking';
  const noLimit = oomKillDisable && memory === 0;
  const noPorts = networkMode === 'host' && Object.keys(portBindings).length > 0;
  return [
    ...(noLimit
      ? [
          'OOM killer is disabled for the container, but no memory limit is set, this can result in the system running out of resources.',
        ]
      : []),
    ...(nonBlocking ? [NO_BUFFER] : []),
    ...(noPorts ? ['Published ports are discarded when using host network mode'] : []),
  ];
}

function withDefaults(host: HostConfig): HostConfig {
  const { memory, memorySwap, cpuShares } = host;
  return {
    ...host,
    memorySwap: memory > 0 && memorySwap === 0 ? memory * 2 : memorySwap,
    shmSize: host.shmSize || SHM_SIZE,
    ipcMode: host.ipcMode || 'private',
    cpuShares: cpuShares > 0 ? Math.min(MAX_SHARES, Math.max(MIN_SHARES, cpuShares)) : cpuShares,
  };
}

function checkRuntime({ runtime }: Pick<EngineContext, 'runtime'>, name: string): void {
  if (name !== '' && !runtime.names.includes(name))
    throw invalidArgument(`unknown or invalid runtime name: ${name}`);
}

/** `container:NAME` with the id, which stays when the container is renamed. A network's may be made later. */
function withId({ containers }: Pick<EngineContext, 'containers'>, mode: string, mustExist: boolean): string {
  if (!mode.startsWith('container:')) return mode;
  const name = mode.slice('container:'.length);
  if (name === '') return mode;
  try {
    return `container:${containers.resolve(name).id}`;
  } catch (error) {
    if (mustExist || codeOf(error) !== 'not-found') throw error;
    return mode;
  }
}
