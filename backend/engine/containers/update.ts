import { codeOf, conflict, messageOf, StrataError } from '../../base/errors.ts';
import type { LinuxResources } from '../../oci/runtime-spec.ts';
import { resourcesOf } from '../../runtime/spec/resources.ts';
import type { EngineContext } from '../context.ts';
import { checkCpuset } from './check-cpuset.ts';
import type { Container, HostConfig } from './container.ts';
import { emitContainer } from './container-events.ts';
import { dropUnsupported } from './drop-unsupported.ts';
import { hostFacts } from './host-facts.ts';
import { isUp } from './status.ts';

/** What the kernel can number: as good as without limit, which crun 1.8 cannot say to pids.max. */
const MOST_PROCESSES = 4_194_304;
const UPDATABLE = [
  'blkioWeight',
  'cpuShares',
  'cpuPeriod',
  'cpuQuota',
  'cpuRealtimePeriod',
  'cpuRealtimeRuntime',
  'cpusetCpus',
  'cpusetMems',
  'memory',
  'memorySwap',
  'memoryReservation',
  'nanoCpus',
] as const;
type Updatable = (typeof UPDATABLE)[number];

export interface UpdateRequest {
  /** Zero and empty: stays as it is. */
  resources: Pick<HostConfig, Updatable>;
  /** Null: stays as it is; zero and less: without limit. */
  pidsLimit: number | null;
  restartPolicy: HostConfig['restartPolicy'] | null;
}

/**
 * Changes limits and restart policy: at once in a container that runs, else for its next start.
 * @returns warnings
 * @throws invalid-argument and conflict in Docker's words, with nothing changed
 */
export async function updateContainer(
  context: EngineContext,
  reference: string,
  request: UpdateRequest,
): Promise<string[]> {
  const container = context.containers.resolve(reference);
  return context.locks.run(container.id, async () => {
    const { support } = hostFacts();
    const { hostConfig, warnings } = dropUnsupported(updated(container, request), support);
    checkCpuset(hostConfig, support);
    const limits = liveLimits(hostConfig);
    if (isUp(container) && limitsDiffer(container.hostConfig, hostConfig))
      await applyLive(context, container, limits);
    container.hostConfig = hostConfig;
    context.containers.save(container);
    emitContainer(context, 'update', container);
    return warnings;
  });
}

function updated(container: Container, { resources, pidsLimit, restartPolicy }: UpdateRequest): HostConfig {
  const { id, state, hostConfig } = container;
  if (state.status === 'removing' || state.status === 'dead')
    throw cannotUpdate(id, 'container is marked for removal and cannot be "update"');
  checkConflicts(id, hostConfig, resources);
  if (restartPolicy && restartPolicy.name !== 'no' && hostConfig.autoRemove)
    throw cannotUpdate(
      id,
      'Restart policy cannot be updated because AutoRemove is enabled for the container',
    );
  const asked = Object.fromEntries(UPDATABLE.map((name) => [name, resources[name] || hostConfig[name]]));
  return {
    ...hostConfig,
    ...(asked as Pick<HostConfig, Updatable>),
    memorySwap: resources.memorySwap || swapOf(hostConfig),
    pidsLimit: pidsLimit === null ? hostConfig.pidsLimit : Math.max(0, pidsLimit),
    restartPolicy: restartPolicy ?? hostConfig.restartPolicy,
  };
}

/** Memory with swap that the container has now: the default is twice the memory. */
const swapOf = ({ memory, memorySwap }: HostConfig): number => memorySwap || memory * 2;

function checkConflicts(id: string, now: HostConfig, asked: UpdateRequest['resources']): void {
  const refusals: [refused: boolean, words: string][] = [
    [asked.nanoCpus > 0 && now.cpuPeriod > 0, setAlready('Nano CPUs', 'CPU Period')],
    [asked.nanoCpus > 0 && now.cpuQuota > 0, setAlready('Nano CPUs', 'CPU Quota')],
    [asked.cpuPeriod > 0 && now.nanoCpus > 0, setAlready('CPU Period', 'NanoCPUs')],
    [asked.cpuQuota > 0 && now.nanoCpus > 0, setAlready('CPU Quota', 'NanoCPUs')],
    [
      asked.memory > 0 && asked.memorySwap === 0 && now.memorySwap !== -1 && asked.memory > swapOf(now),
      'Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time',
    ],
  ];
  for (const [refused, words] of refusals) if (refused) throw cannotUpdate(id, words);
}

const setAlready = (asked: string, now: string): string =>
  `Conflicting options: ${asked} cannot be updated as ${now} has already been set`;

const cannotUpdate = (id: string, reason: string): StrataError =>
  conflict(`Cannot update container ${id}: ${reason}`);

function limitsDiffer(before: HostConfig, after: HostConfig): boolean {
  return before.pidsLimit !== after.pidsLimit || UPDATABLE.some((name) => before[name] !== after[name]);
}

async function applyLive(
  { runtime }: EngineContext,
  { id }: Container,
  limits: LinuxResources,
): Promise<void> {
  try {
    await runtime.update(id, limits);
  } catch (error) {
    // The kernel refuses a limit below what is used, and processors that are not there.
    throw new StrataError(codeOf(error), `Cannot update container ${id}: ${messageOf(error)}`, error);
  }
}

/** All limits as they shall be, the unchanged ones too: the kernel's view of swap depends on that of memory. */
function liveLimits(hostConfig: HostConfig): LinuxResources {
  const devices = {
    blkioWeightDevice: [],
    blkioDeviceReadBps: [],
    blkioDeviceWriteBps: [],
    blkioDeviceReadIOps: [],
    blkioDeviceWriteIOps: [],
  };
  // Only at creation; writing it again can only fail.
  const fixed = { oomKillDisable: false, memorySwappiness: null };
  const limits = resourcesOf({ ...hostConfig, ...devices, ...fixed }, hostFacts());
  return hostConfig.pidsLimit > 0 ? limits : { ...limits, pids: { limit: MOST_PROCESSES } };
}
