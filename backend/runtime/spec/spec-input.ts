import type { IdMapping } from '../../oci/id-mapping.ts';
import type { GrantedDevice } from './devices.ts';
import type { HostFacts } from './host-facts.ts';
import type { ResolvedUser } from './resolve-user.ts';

/** Sizes are bytes. Zero and empty mean "the default", as in Docker's HostConfig; -1 means "without limit". */
export interface ResourceInput {
  memory: number;
  /** Memory and swap together. Default: twice the memory. */
  memorySwap: number;
  memoryReservation: number;
  /** 0…100; null for the kernel's own. */
  memorySwappiness: number | null;
  oomKillDisable: boolean;
  /** Billionths of a CPU. Excludes period and quota. */
  nanoCpus: number;
  cpuShares: number;
  cpuPeriod: number;
  cpuQuota: number;
  /** Microseconds. */
  cpuRealtimePeriod: number;
  cpuRealtimeRuntime: number;
  cpusetCpus: string;
  cpusetMems: string;
  pidsLimit: number;
  /** 10…1000. */
  blkioWeight: number;
  blkioWeightDevice: readonly (BlockDevice & { weight: number })[];
  /** Bytes or operations a second. */
  blkioDeviceReadBps: readonly (BlockDevice & { rate: number })[];
  blkioDeviceWriteBps: readonly (BlockDevice & { rate: number })[];
  blkioDeviceReadIOps: readonly (BlockDevice & { rate: number })[];
  blkioDeviceWriteIOps: readonly (BlockDevice & { rate: number })[];
}

/** By its numbers; the path is how the user named it. */
interface BlockDevice {
  path: string;
  major: number;
  minor: number;
}

export interface UlimitInput {
  /** `nofile`, `nproc`, … */
  name: string;
  soft: number;
  hard: number;
}

/** A bind of a host path: binds, volumes, /etc/hosts and its like. */
export interface BindInput {
  source: string;
  destination: string;
  readOnly: boolean;
  /** rprivate (default), private, rshared, shared, rslave, slave. */
  propagation: string;
  /** The mounts below the source stay outside. */
  nonRecursive?: boolean | undefined;
  /** A read-only one: what is mounted below it is read-only too. */
  recursiveReadOnly?: boolean | undefined;
  /** No programs, set-user-id bits and devices in there. */
  quiet?: boolean | undefined;
}

/** What decides about a process alone: also all that an exec needs. */
export interface ProcessInput {
  args: string[];
  /** `NAME=value`, complete: nothing is added. */
  env: string[];
  /** Empty: `/`. */
  cwd: string;
  user: ResolvedUser;
  tty: boolean;
  /** Rows and columns; null where the client has not said. */
  consoleSize: { rows: number; columns: number } | null;
  capAdd: readonly string[];
  capDrop: readonly string[];
  privileged: boolean;
  /** Docker's `--security-opt`: no-new-privileges, seccomp=…, apparmor=…, label=…, systempaths=unconfined. */
  securityOpt: readonly string[];
  /** Asked for by the user: refused when the host cannot give them. */
  ulimits: readonly UlimitInput[];
  /** The daemon's defaults: lowered to what the host can give. */
  defaultUlimits: readonly UlimitInput[];
  oomScoreAdj: number;
}

/** A namespace of its own, the host's, or one that exists: `/run/…/netns/x`, `/proc/<pid>/ns/ipc`. */
export type NamespaceInput = 'private' | 'host' | { path: string };

export interface SpecInput extends ProcessInput {
  id: string;
  /** As given to createRuntime; default `/strata`. */
  cgroupParent?: string | undefined;
  rootfs: string;
  readonlyRootfs: boolean;
  hostname: string;
  domainname: string;
  resources: ResourceInput;
  /** The user's mounts win over the default ones at the same place. */
  binds: readonly BindInput[];
  /** Path → Docker's option string, such as `size=64m,exec`. */
  tmpfs: Readonly<Record<string, string>>;
  /** Bytes of /dev/shm; 0: 64 MiB; null: there is no /dev/shm. */
  shmSize: number | null;
  /** Beyond those that every container has. */
  devices: readonly GrantedDevice[];
  /** `c 10:200 rwm` */
  deviceRules: readonly string[];
  /** Null: Docker's lists. */
  maskedPaths: readonly string[] | null;
  readonlyPaths: readonly string[] | null;
  sysctls: Readonly<Record<string, string>>;
  network: NamespaceInput;
  pid: NamespaceInput;
  ipc: NamespaceInput;
  uts: NamespaceInput;
  /** One that exists, and how its ids lie on the host; null: the host's. */
  userNamespace?: { path: string; mapping: IdMapping } | null | undefined;
  /** Empty: private on cgroup v2, the host's on v1, as Docker has it. */
  cgroupns: 'private' | 'host' | '';
  /** `--init`: wants an init program on the host, see HostFacts.initProgram. */
  init: boolean;
  annotations?: Record<string, string> | undefined;
  host: HostFacts;
}
