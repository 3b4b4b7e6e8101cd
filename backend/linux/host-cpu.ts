import { readFileSync } from 'node:fs';

/** Clock ticks a second of /proc/stat: USER_HZ, 100 on every architecture that Node runs on. */
export const NANOSECONDS_PER_TICK = 10_000_000;

export interface HostCpu {
  /** Nanoseconds that all processors together have spent, idle ones too, since boot. */
  total: number;
  online: number;
}

/** Processor time of the machine: the first seven columns of /proc/stat, as Docker adds them up. */
export function readHostCpu(stat = readFileSync('/proc/stat', 'latin1')): HostCpu {
  const ticks = (/^cpu +(.*)$/m.exec(stat)?.[1] ?? '').split(' ').slice(0, 7).map(Number);
  return {
    total: ticks.reduce((sum, value) => sum + value, 0) * NANOSECONDS_PER_TICK,
    online: stat.match(/^cpu\d+ /gm)?.length ?? 1,
  };
}
