import { z } from 'zod';
import type { HostConfig } from '../../engine/containers/container.ts';
import { byName, flag, orNull, strings, text } from './fields.ts';

/** One of the words, or with `container` also `container:NAME`. Empty for the default. */
const mode = (kind: string, words: readonly string[], shared = false) =>
  text.refine((value) => !value || words.includes(value) || (shared && /^container:.+/.test(value)), {
    error: ({ input }) =>
      `invalid ${kind} mode: ${String(input)}: expected ${[...words, ...(shared ? ['container:NAME'] : [])].join(', ')}`,
  });
const paths = z.array(z.string().startsWith('/', 'must be an absolute path')).nullish();

export const isolationFields = {
  CapAdd: strings,
  CapDrop: strings,
  Privileged: flag,
  ReadonlyRootfs: flag,
  SecurityOpt: strings,
  MaskedPaths: paths,
  ReadonlyPaths: paths,
  GroupAdd: strings,
  Sysctls: byName,
  PidMode: mode('PID', ['host', 'private'], true),
  IpcMode: mode('IPC', ['none', 'private', 'shareable', 'host'], true),
  UTSMode: mode('UTS', ['host', 'private']),
  CgroupnsMode: mode('cgroup namespace', ['host', 'private']),
  UsernsMode: mode('USER', ['host', 'private']),
  Isolation: z.enum(['', 'default'], 'invalid isolation on linux: expected default').nullish(),
  Cgroup: text.refine((value) => !value, 'is not supported: use CgroupnsMode'),
  OomScoreAdj: z
    .int()
    .refine((score) => score >= -1000 && score <= 1000, {
      error: ({ input }) => `Invalid value ${String(input)}, range for oom score adj is [-1000, 1000]`,
    })
    .nullish(),
  ShmSize: z.int().nonnegative('SHM size can not be less than 0').nullish(),
  Init: flag,
  Runtime: text,
};
const isolationWire = z.object(isolationFields);

export function toIsolation(wire: z.infer<typeof isolationWire>) {
  return {
    capAdd: wire.CapAdd ?? [],
    capDrop: wire.CapDrop ?? [],
    privileged: wire.Privileged ?? false,
    readonlyRootfs: wire.ReadonlyRootfs ?? false,
    securityOpt: wire.SecurityOpt ?? [],
    maskedPaths: wire.MaskedPaths ?? null,
    readonlyPaths: wire.ReadonlyPaths ?? null,
    groupAdd: wire.GroupAdd ?? [],
    sysctls: wire.Sysctls ?? {},
    ...toModes(wire),
    oomScoreAdj: wire.OomScoreAdj ?? 0,
    shmSize: wire.ShmSize ?? 0,
    init: wire.Init ?? null,
    runtime: wire.Runtime ?? '',
  } satisfies Partial<HostConfig>;
}

function toModes(wire: z.infer<typeof isolationWire>) {
  // For these two Docker knows no word but the empty one.
  const plain = (mode: string | null | undefined): string => (mode === 'private' ? '' : (mode ?? ''));
  return {
    pidMode: plain(wire.PidMode),
    utsMode: plain(wire.UTSMode),
    ipcMode: wire.IpcMode ?? '',
    cgroupnsMode: wire.CgroupnsMode ?? '',
    usernsMode: wire.UsernsMode ?? '',
  };
}

export function fromIsolation(host: HostConfig): Record<string, unknown> {
  return {
    CapAdd: orNull(host.capAdd),
    CapDrop: orNull(host.capDrop),
    CgroupnsMode: host.cgroupnsMode || 'private',
    GroupAdd: orNull(host.groupAdd),
    IpcMode: host.ipcMode || 'private',
    Cgroup: '',
    OomScoreAdj: host.oomScoreAdj,
    PidMode: host.pidMode,
    Privileged: host.privileged,
    ReadonlyRootfs: host.readonlyRootfs,
    SecurityOpt: orNull(host.securityOpt),
    UTSMode: host.utsMode,
    UsernsMode: host.usernsMode,
    ShmSize: host.shmSize,
    ...(Object.keys(host.sysctls).length > 0 ? { Sysctls: host.sysctls } : {}),
    Runtime: host.runtime,
    Isolation: '',
    MaskedPaths: host.maskedPaths,
    ReadonlyPaths: host.readonlyPaths,
    ...(host.init === null ? {} : { Init: host.init }),
  };
}
