import { readFileSync } from 'node:fs';

export interface InterfaceTraffic {
  rxBytes: number;
  rxPackets: number;
  rxErrors: number;
  rxDropped: number;
  txBytes: number;
  txPackets: number;
  txErrors: number;
  txDropped: number;
}

/**
 * What went through the interfaces of a process' network namespace, loopback left out: /proc/<pid>/net/dev.
 * Empty for a process that is gone.
 */
export function readInterfaceTraffic(pid: number): Record<string, InterfaceTraffic> {
  try {
    return parseNetDev(readFileSync(`/proc/${pid}/net/dev`, 'latin1'));
  } catch {
    return {};
  }
}

export function parseNetDev(text: string): Record<string, InterfaceTraffic> {
  const interfaces: Record<string, InterfaceTraffic> = {};
  for (const line of text.split('\n').slice(2)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon)).trim();
    if (name === '' || name === 'lo') continue;
    const columns = line
      .slice(colon + 1)
      .trim()
      .split(/\s+/)
      .map(Number);
    // Eight columns for what was received, eight for what was sent; both begin alike.
    const [rxBytes = 0, rxPackets = 0, rxErrors = 0, rxDropped = 0] = columns;
    const [txBytes = 0, txPackets = 0, txErrors = 0, txDropped = 0] = columns.slice(8);
    interfaces[name] = {
      rxBytes,
      rxPackets,
      rxErrors,
      rxDropped,
      txBytes,
      txPackets,
      txErrors,
      txDropped,
    };
  }
  return interfaces;
}
