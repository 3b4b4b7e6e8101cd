import { namesOfMask } from '../spec/capability-names.ts';

export interface StatusDescription {
  command: string;
  user: { uid: number; gid: number; groups: number[] };
  capabilities: Record<'inheritable' | 'permitted' | 'effective' | 'bounding' | 'ambient', string[]>;
  seccomp: { mode: 'disabled' | 'strict' | 'filter'; filters: number | null };
  noNewPrivileges: boolean;
}

const SECCOMP_MODES = ['disabled', 'strict', 'filter'] as const;

/** From /proc/<pid>/status; proc_pid_status(5). */
export function describeStatus(status: string): StatusDescription {
  const field = (name: string): string => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
  const capabilities = (name: string): string[] => namesOfMask(BigInt(`0x${field(name) || '0'}`));
  const numbers = (name: string): number[] => field(name).split(/\s+/).filter(Boolean).map(Number);
  return {
    command: field('Name'),
    // Real, effective, saved, file system: the effective ones decide.
    user: { uid: numbers('Uid')[1] ?? 0, gid: numbers('Gid')[1] ?? 0, groups: numbers('Groups') },
    capabilities: {
      inheritable: capabilities('CapInh'),
      permitted: capabilities('CapPrm'),
      effective: capabilities('CapEff'),
      bounding: capabilities('CapBnd'),
      ambient: capabilities('CapAmb'),
    },
    seccomp: {
      mode: SECCOMP_MODES[Number(field('Seccomp'))] ?? 'disabled',
      filters: field('Seccomp_filters') === '' ? null : Number(field('Seccomp_filters')),
    },
    noNewPrivileges: field('NoNewPrivs') === '1',
  };
}
