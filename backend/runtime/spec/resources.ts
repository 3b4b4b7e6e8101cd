import { invalidArgument } from '../../base/errors.ts';
import type { LinuxResources } from '../../oci/runtime-spec.ts';
import type { HostFacts } from './host-facts.ts';
import type { ResourceInput } from './spec-input.ts';

const SMALLEST_MEMORY = 6 * 1024 * 1024;
/** Microseconds; the kernel's default. */
const PERIOD = 100_000;
const BILLION = 1_000_000_000;

/** Limits of the container's cgroup. @throws invalid-argument with Docker's words for values that make no sense. */
export function resourcesOf(input: ResourceInput, privileged: boolean, host: HostFacts): LinuxResources {
  const memory = memoryOf(input, host);
  const cpu = cpuOf(input, host);
  return {
    devices: privileged ? [{ allow: true, access: 'rwm' }] : DEVICE_RULES,
    ...(Object.keys(memory).length > 0 ? { memory } : {}),
    ...(Object.keys(cpu).length > 0 ? { cpu } : {}),
    ...(input.pidsLimit > 0 ? { pids: { limit: input.pidsLimit } } : {}),
  };
}

type Memory = NonNullable<LinuxResources['memory']>;
type Cpu = NonNullable<LinuxResources['cpu']>;

function memoryOf({ memory, memorySwap, memoryReservation }: ResourceInput, host: HostFacts): Memory {
  if (memory > 0 && memory < SMALLEST_MEMORY) throw invalidArgument('minimum memory limit allowed is 6MB');
  if (memorySwap > 0 && memory <= 0) {
    throw invalidArgument(
      'you should always set the memory limit when using the memoryswap limit, see usage',
    );
  }
  if (memorySwap > 0 && memorySwap < memory) {
    throw invalidArgument('minimum memoryswap limit should be larger than memory limit, see usage');
  }
  if (memoryReservation > 0 && memory > 0 && memory < memoryReservation) {
    throw invalidArgument('minimum memory limit can not be less than memory reservation limit, see usage');
  }
  const swap = memorySwap === 0 ? memory * 2 : memorySwap;
  return {
    ...(memory > 0 ? { limit: memory } : {}),
    // Without swap accounting the kernel has no such file, and a default is no reason to fail.
    ...(memory > 0 && host.swapAccounting ? { swap } : {}),
    ...(memoryReservation > 0 ? { reservation: memoryReservation } : {}),
  };
}

function cpuOf(input: ResourceInput, { cpus }: HostFacts): Cpu {
  const { nanoCpus, cpuShares, cpuPeriod, cpuQuota, cpusetCpus, cpusetMems } = input;
  if (nanoCpus !== 0 && (cpuPeriod > 0 || cpuQuota > 0)) {
    throw invalidArgument('conflicting options: nano cpus and cpu period or quota cannot both be set');
  }
  if (nanoCpus < 0 || nanoCpus > cpus * BILLION) {
    throw invalidArgument(
      `range of cpus is from 0.01 to ${cpus}.00, as there are only ${cpus} cpus available`,
    );
  }
  const quota = nanoCpus > 0 ? Math.max(1000, Math.round((nanoCpus * PERIOD) / BILLION)) : cpuQuota;
  const period = nanoCpus > 0 ? PERIOD : cpuPeriod;
  return {
    ...(cpuShares > 0 ? { shares: cpuShares } : {}),
    ...(quota > 0 ? { quota } : {}),
    ...(period > 0 ? { period } : {}),
    ...(cpusetCpus === '' ? {} : { cpus: cpusetCpus }),
    ...(cpusetMems === '' ? {} : { mems: cpusetMems }),
  };
}

type DeviceRule = NonNullable<LinuxResources['devices']>[number];

function device(major: number, minor?: number): DeviceRule {
  const rule = { allow: true, type: 'c', major, access: 'rwm' };
  return minor === undefined ? rule : { ...rule, minor };
}

/** Docker's default rules: nodes may be made, but only the harmless ones opened. */
const DEVICE_RULES: DeviceRule[] = [
  { allow: false, access: 'rwm' },
  { allow: true, type: 'c', access: 'm' },
  { allow: true, type: 'b', access: 'm' },
  // null, zero, full, random, urandom; tty, console, ptmx; pseudo-terminals.
  ...[3, 5, 7, 8, 9].map((minor) => device(1, minor)),
  ...[0, 1, 2].map((minor) => device(5, minor)),
  device(136),
];
