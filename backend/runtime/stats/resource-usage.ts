/** What a container uses, as its cgroup counts it. Times are nanoseconds, sizes bytes. */
export interface ResourceUsage {
  cpu: CpuUsage;
  memory: MemoryUsage;
  io: IoUsage;
  /** `limit` is null without one. */
  pids: { current: number; limit: number | null };
}

export interface CpuUsage {
  total: number;
  user: number;
  system: number;
  /** By processor; null where the kernel does not count so (cgroup v2). */
  perCpu: number[] | null;
  throttling: { periods: number; throttledPeriods: number; throttledTime: number };
}

export interface MemoryUsage {
  usage: number;
  /** Null on cgroup v2, where Docker does not tell it. */
  highest: number | null;
  /** Null without one. */
  limit: number | null;
  failures: number;
  /** memory.stat, word for word. */
  stats: Record<string, number>;
}

export interface IoEntry {
  major: number;
  minor: number;
  /** `Read`, `Write`, … with v1; `read` and `write` with v2. */
  op: string;
  value: number;
}

/** Null where the kernel does not count it. */
export interface IoUsage {
  bytes: IoEntry[] | null;
  operations: IoEntry[] | null;
}
