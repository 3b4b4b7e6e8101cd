import { invalidArgument } from '../../base/errors.ts';
import type { LinuxResources } from '../../oci/runtime-spec.ts';
import { blockIoOf } from './block-io.ts';
import type { HostFacts } from './host-facts.ts';
import type { ResourceInput } from './spec-input.ts';

const SMALLEST_MEMORY = 6 * 1024 * 1024;
/** Microseconds; the kernel's default. */
const PERIOD = 100_000;
const BILLION = 1_000_000_000;

/**
 * Limits of a container's cgroup, devices left out: those of a living container stay as they are.
 * @throws invalid-argument with Docker's words for values that make no sense
 */
export function resourcesOf(input: ResourceInput, host: HostFacts): LinuxResources {
  const memory = memoryOf(input, host);
  const cpu = cpuOf(input, host);
  const blockIO = blockIoOf(input);
  return {
    ...(Object.keys(memory).length > 0 ? { memory } : {}),
    ...(Object.keys(cpu).length > 0 ? { cpu } : {}),
    ...(Object.keys(blockIO).length > 0 ? { blockIO } : {}),
    ...(input.pidsLimit > 0 ? { pids: { limit: input.pidsLimit } } : {}),
  };
}

type Memory = NonNullable<LinuxResources['memory']>;
type Cpu = NonNullable<LinuxResources['cpu']>;

function memoryOf(input: ResourceInput, { support }: HostFacts): Memory {
  checkMemory(input);
  const { memory, memorySwap, memoryReservation, memorySwappiness, oomKillDisable } = input;
  const swap = memorySwap === 0 ? memory * 2 : memorySwap;
  return {
    ...(memory > 0 ? { limit: memory } : {}),
    // Without swap accounting the kernel has no such file, and a default is no reason to fail.
    ...(memory > 0 && support.swap ? { swap } : {}),
    ...(memoryReservation > 0 ? { reservation: memoryReservation } : {}),
    ...(memorySwappiness === null ? {} : { swappiness: memorySwappiness }),
    ...(oomKillDisable ? { disableOOMKiller: true } : {}),
  };
}

function checkMemory({ memory, memorySwap, memoryReservation }: ResourceInput): void {
  if (memory > 0 && memory < SMALLEST_MEMORY) throw invalidArgument('Minimum memory limit allowed is 6MB');
  if (memorySwap > 0 && memory <= 0) {
    throw invalidArgument('You should always set the Memory limit when using Memoryswap limit, see usage');
  }
  if (memorySwap > 0 && memorySwap < memory)
    throw invalidArgument('Minimum memoryswap limit should be larger than memory limit, see usage');
  if (memoryReservation > 0 && memory > 0 && memory < memoryReservation) {
    throw invalidArgument('Minimum memory limit can not be less than memory reservation limit, see usage');
  }
}

function cpuOf(input: ResourceInput, { cpus }: HostFacts): Cpu {
  checkCpu(input, cpus);
  const { nanoCpus, cpuShares, cpuPeriod, cpuQuota, cpusetCpus, cpusetMems } = input;
  const { cpuRealtimePeriod, cpuRealtimeRuntime } = input;
  const quota = nanoCpus > 0 ? Math.max(1000, Math.round((nanoCpus * PERIOD) / BILLION)) : cpuQuota;
  const period = nanoCpus > 0 ? PERIOD : cpuPeriod;
  return {
    ...(cpuShares > 0 ? { shares: cpuShares } : {}),
    ...(quota === 0 ? {} : { quota }),
    ...(period > 0 ? { period } : {}),
    ...(cpuRealtimePeriod > 0 ? { realtimePeriod: cpuRealtimePeriod } : {}),
    ...(cpuRealtimeRuntime > 0 ? { realtimeRuntime: cpuRealtimeRuntime } : {}),
    ...(cpusetCpus === '' ? {} : { cpus: cpusetCpus }),
    ...(cpusetMems === '' ? {} : { mems: cpusetMems }),
  };
}

function checkCpu({ nanoCpus, cpuPeriod, cpuQuota }: ResourceInput, cpus: number): void {
  if (nanoCpus > 0 && cpuPeriod > 0)
    throw invalidArgument('Conflicting options: Nano CPUs and CPU Period cannot both be set');
  if (nanoCpus > 0 && cpuQuota > 0)
    throw invalidArgument('Conflicting options: Nano CPUs and CPU Quota cannot both be set');
  if (nanoCpus < 0 || nanoCpus > cpus * BILLION) {
    throw invalidArgument(
      `Range of CPUs is from 0.01 to ${cpus}.00, as there are only ${cpus} CPUs available`,
    );
  }
}
