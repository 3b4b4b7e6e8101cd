/** The part of the OCI runtime-spec 1.2 config.json that the engine writes (runtime-spec, config.md, config-linux.md). */
export interface RuntimeSpec {
  ociVersion: string;
  process: Process;
  root: { path: string; readonly: boolean };
  hostname?: string | undefined;
  domainname?: string | undefined;
  mounts: RuntimeMount[];
  annotations?: Record<string, string> | undefined;
  linux: LinuxSpec;
}

export interface Process {
  terminal: boolean;
  consoleSize?: { height: number; width: number } | undefined;
  user: { uid: number; gid: number; umask?: number | undefined; additionalGids?: number[] | undefined };
  args: string[];
  env: string[];
  cwd: string;
  capabilities?:
    | Record<'bounding' | 'effective' | 'permitted' | 'inheritable' | 'ambient', string[]>
    | undefined;
  rlimits?: { type: string; hard: number; soft: number }[] | undefined;
  noNewPrivileges?: boolean | undefined;
  apparmorProfile?: string | undefined;
  oomScoreAdj?: number | undefined;
}

export interface RuntimeMount {
  destination: string;
  type?: string | undefined;
  source?: string | undefined;
  options?: string[] | undefined;
}

export interface LinuxSpec {
  namespaces: {
    type: 'pid' | 'network' | 'mount' | 'ipc' | 'uts' | 'user' | 'cgroup' | 'time';
    path?: string | undefined;
  }[];
  devices?:
    | {
        path: string;
        type: string;
        major: number;
        minor: number;
        fileMode?: number;
        uid?: number;
        gid?: number;
      }[]
    | undefined;
  uidMappings?: { containerID: number; hostID: number; size: number }[] | undefined;
  gidMappings?: { containerID: number; hostID: number; size: number }[] | undefined;
  cgroupsPath?: string | undefined;
  resources?: LinuxResources | undefined;
  seccomp?: Seccomp | undefined;
  maskedPaths?: string[] | undefined;
  readonlyPaths?: string[] | undefined;
  sysctl?: Record<string, string> | undefined;
  rootfsPropagation?: string | undefined;
}

export interface LinuxResources {
  devices?: { allow: boolean; type?: string; major?: number; minor?: number; access?: string }[] | undefined;
  memory?:
    | {
        limit?: number;
        swap?: number;
        reservation?: number;
        swappiness?: number;
        disableOOMKiller?: boolean;
      }
    | undefined;
  cpu?:
    | {
        shares?: number;
        quota?: number;
        period?: number;
        realtimePeriod?: number;
        realtimeRuntime?: number;
        cpus?: string;
        mems?: string;
      }
    | undefined;
  blockIO?: LinuxBlockIo | undefined;
  pids?: { limit: number } | undefined;
}

interface Throttle {
  major: number;
  minor: number;
  rate: number;
}

interface LinuxBlockIo {
  weight?: number;
  weightDevice?: { major: number; minor: number; weight: number }[];
  throttleReadBpsDevice?: Throttle[];
  throttleWriteBpsDevice?: Throttle[];
  throttleReadIOPSDevice?: Throttle[];
  throttleWriteIOPSDevice?: Throttle[];
}

export interface Seccomp {
  defaultAction: string;
  defaultErrnoRet?: number | undefined;
  architectures?: string[] | undefined;
  syscalls: {
    names: string[];
    action: string;
    errnoRet?: number;
    args?: { index: number; value: number; valueTwo?: number; op: string }[];
  }[];
}
