import type { Container } from '../../engine/containers/container.ts';
import type { StatsSample } from '../../engine/stats/stats-sampler.ts';
import type { InterfaceTraffic } from '../../linux/net-dev.ts';
import type { IoEntry, ResourceUsage } from '../../runtime/stats/resource-usage.ts';

/** What Docker says for a time that has not come. */
const NEVER = '0001-01-01T00:00:00Z';
const NO_CPU = {
  cpu_usage: { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 },
  throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
};

/**
 * One object of GET /containers/{id}/stats. `previous` is what the same client got before; without it the
 * `precpu_stats` are empty. `hostMemory` stands for a limit that is not set.
 */
export function containerStats(
  { id, name }: Pick<Container, 'id' | 'name'>,
  sample: StatsSample | null,
  previous: StatsSample | null,
  hostMemory: number,
): Record<string, unknown> {
  const named = { id, name: `/${name}` };
  const usage = sample?.usage;
  if (!sample || !usage) return { ...named, ...nothing() };
  return {
    ...named,
    read: sample.readAt.toISOString(),
    preread: previous?.usage ? previous.readAt.toISOString() : NEVER,
    pids_stats: pids(usage),
    blkio_stats: blkio(usage),
    num_procs: 0,
    storage_stats: {},
    cpu_stats: cpu(sample),
    precpu_stats: previous ? cpu(previous) : NO_CPU,
    memory_stats: memory(usage, hostMemory),
    ...(sample.networks && Object.keys(sample.networks).length > 0
      ? { networks: networks(sample.networks) }
      : {}),
  };
}

/** For a container that does not run. */
function nothing(): Record<string, unknown> {
  return {
    read: NEVER,
    preread: NEVER,
    pids_stats: {},
    blkio_stats: { ...NO_BLKIO, io_service_bytes_recursive: null, io_serviced_recursive: null },
    num_procs: 0,
    storage_stats: {},
    cpu_stats: NO_CPU,
    precpu_stats: NO_CPU,
    memory_stats: {},
  };
}

function pids({ pids: { current, limit } }: ResourceUsage): Record<string, number> {
  return { current, ...(limit === null ? {} : { limit }) };
}

/** Counters of I/O schedulers that are gone from the kernel. */
const NO_BLKIO = {
  io_queue_recursive: null,
  io_service_time_recursive: null,
  io_wait_time_recursive: null,
  io_merged_recursive: null,
  io_time_recursive: null,
  sectors_recursive: null,
};

function blkio({ io }: ResourceUsage): Record<string, IoEntry[] | null> {
  return {
    io_service_bytes_recursive: io.bytes,
    io_serviced_recursive: io.operations,
    ...NO_BLKIO,
  };
}

function cpu({ usage, hostCpu }: StatsSample): Record<string, unknown> {
  if (!usage) return NO_CPU;
  const { total, system, user, perCpu, throttling } = usage.cpu;
  return {
    cpu_usage: {
      total_usage: total,
      ...(perCpu ? { percpu_usage: perCpu } : {}),
      usage_in_kernelmode: system,
      usage_in_usermode: user,
    },
    system_cpu_usage: hostCpu.total,
    online_cpus: hostCpu.online,
    throttling_data: {
      periods: throttling.periods,
      throttled_periods: throttling.throttledPeriods,
      throttled_time: throttling.throttledTime,
    },
  };
}

function memory({ memory: counted }: ResourceUsage, hostMemory: number): Record<string, unknown> {
  const { usage, highest, limit, failures, stats } = counted;
  return {
    usage,
    ...(highest === null ? {} : { max_usage: highest }),
    stats,
    ...(failures > 0 ? { failcnt: failures } : {}),
    limit: Math.min(limit ?? hostMemory, hostMemory),
  };
}

function networks(interfaces: Record<string, InterfaceTraffic>): Record<string, Record<string, number>> {
  return Object.fromEntries(
    Object.entries(interfaces).map(([name, traffic]) => [
      name,
      {
        rx_bytes: traffic.rxBytes,
        rx_packets: traffic.rxPackets,
        rx_errors: traffic.rxErrors,
        rx_dropped: traffic.rxDropped,
        tx_bytes: traffic.txBytes,
        tx_packets: traffic.txPackets,
        tx_errors: traffic.txErrors,
        tx_dropped: traffic.txDropped,
      },
    ]),
  );
}
