import { z } from 'zod';
import { endpointSettingsSchema, sandboxSchema, withNetworks } from './container-networks.ts';

/**
 * How the container's health is asked for. Times are nanoseconds, as in Docker's API; 0 means the default.
 * `test` is empty for none, else `NONE`, `CMD …` or `CMD-SHELL …`.
 */
export const healthcheckSchema = z.object({
  test: z.array(z.string()),
  interval: z.int(),
  timeout: z.int(),
  startPeriod: z.int(),
  startInterval: z.int(),
  retries: z.int(),
});
export type Healthcheck = z.infer<typeof healthcheckSchema>;

/** What runs: the image's configuration with the user's on top of it. */
export const containerConfigSchema = z.object({
  /** As the user named it. */
  image: z.string(),
  hostname: z.string(),
  domainname: z.string(),
  user: z.string(),
  env: z.array(z.string()),
  entrypoint: z.array(z.string()),
  cmd: z.array(z.string()),
  workingDir: z.string(),
  labels: z.record(z.string(), z.string()),
  tty: z.boolean(),
  openStdin: z.boolean(),
  stdinOnce: z.boolean(),
  attachStdin: z.boolean(),
  attachStdout: z.boolean(),
  attachStderr: z.boolean(),
  /** `80/tcp` */
  exposedPorts: z.array(z.string()),
  /** Paths that get an anonymous volume. */
  volumes: z.array(z.string()),
  stopSignal: z.string(),
  /** Seconds between stop signal and SIGKILL; -1 waits for ever. */
  stopTimeout: z.int().nullable(),
  healthcheck: healthcheckSchema.nullable().default(null),
  /** The image's, for clients that read them: `RUN`'s shell, and `ONBUILD`. */
  shell: z.array(z.string()).default([]),
  onBuild: z.array(z.string()).default([]),
  networkDisabled: z.boolean().default(false),
});
export type ContainerConfig = z.infer<typeof containerConfigSchema>;

const MOUNT_TYPES = ['bind', 'volume', 'tmpfs', 'image'] as const;

export const mountRequestSchema = z.object({
  type: z.enum(MOUNT_TYPES),
  source: z.string(),
  target: z.string(),
  readOnly: z.boolean(),
  /** rprivate, rslave, …; empty for the default. */
  propagation: z.string(),
  noCopy: z.boolean(),
  /** Bind sources that are missing are made, as `-v` does; `--mount` refuses. */
  createSource: z.boolean(),
  options: z.string(),
  /** Of a volume or an image: the directory inside it that is mounted; empty for the whole. */
  subpath: z.string().default(''),
  /** Binds: mounts below the source stay outside. */
  nonRecursive: z.boolean().default(false),
  /** Binds: how far read-only goes into the mounts below the source. */
  readOnlyDepth: z.enum(['', 'non-recursive', 'force-recursive']).default(''),
  /** Volumes that are made for this mount. */
  volumeLabels: z.record(z.string(), z.string()).default({}),
  volumeDriver: z.string().default(''),
  volumeOptions: z.record(z.string(), z.string()).default({}),
});
export type MountRequest = z.infer<typeof mountRequestSchema>;

const deviceRates = z.array(z.object({ path: z.string(), rate: z.int() })).default([]);

/** How it runs. Sizes are bytes; zero and empty mean "the default", as in Docker's API. */
export const hostConfigSchema = z.object({
  memory: z.int(),
  memorySwap: z.int(),
  memoryReservation: z.int(),
  nanoCpus: z.int(),
  cpuShares: z.int(),
  cpuPeriod: z.int(),
  cpuQuota: z.int(),
  cpusetCpus: z.string(),
  cpusetMems: z.string(),
  pidsLimit: z.int(),
  /** `-v` strings, kept for inspect. */
  binds: z.array(z.string()),
  mounts: z.array(mountRequestSchema),
  tmpfs: z.record(z.string(), z.string()),
  capAdd: z.array(z.string()),
  capDrop: z.array(z.string()),
  privileged: z.boolean(),
  readonlyRootfs: z.boolean(),
  autoRemove: z.boolean(),
  restartPolicy: z.object({
    name: z.enum(['no', 'always', 'on-failure', 'unless-stopped']),
    maximumRetryCount: z.int(),
  }),
  /** Container port → host bindings. */
  portBindings: z.record(z.string(), z.array(z.object({ hostIp: z.string(), hostPort: z.string() }))),
  publishAllPorts: z.boolean(),
  networkMode: z.string(),
  securityOpt: z.array(z.string()),
  ulimits: z.array(z.object({ name: z.string(), soft: z.int(), hard: z.int() })),
  shmSize: z.int(),
  extraHosts: z.array(z.string()),
  dns: z.array(z.string()),
  dnsSearch: z.array(z.string()),
  dnsOptions: z.array(z.string()),
  groupAdd: z.array(z.string()),
  oomScoreAdj: z.int(),
  sysctls: z.record(z.string(), z.string()),
  pidMode: z.string(),
  ipcMode: z.string(),
  utsMode: z.string(),
  cgroupnsMode: z.string(),
  consoleSize: z.tuple([z.int(), z.int()]),
  usernsMode: z.string().default(''),
  cgroupParent: z.string().default(''),
  /** Relative, 10…1000; 0 for the default. */
  blkioWeight: z.int().default(0),
  blkioWeightDevice: z.array(z.object({ path: z.string(), weight: z.int() })).default([]),
  /** Bytes or operations a second. */
  blkioDeviceReadBps: deviceRates,
  blkioDeviceWriteBps: deviceRates,
  blkioDeviceReadIOps: deviceRates,
  blkioDeviceWriteIOps: deviceRates,
  /** Microseconds. */
  cpuRealtimePeriod: z.int().default(0),
  cpuRealtimeRuntime: z.int().default(0),
  /** 0…100; null for the default. */
  memorySwappiness: z.int().nullable().default(null),
  oomKillDisable: z.boolean().default(false),
  devices: z
    .array(z.object({ pathOnHost: z.string(), pathInContainer: z.string(), permissions: z.string() }))
    .default([]),
  /** `c 10:200 rwm` */
  deviceCgroupRules: z.array(z.string()).default([]),
  /** Null: the daemon's default. */
  init: z.boolean().nullable().default(null),
  /** `name[:ro|rw]` */
  volumesFrom: z.array(z.string()).default([]),
  volumeDriver: z.string().default(''),
  /** `name:alias`, of the default bridge. */
  links: z.array(z.string()).default([]),
  /** crun or runc; empty for the daemon's own choice. */
  runtime: z.string().default(''),
  annotations: z.record(z.string(), z.string()).default({}),
  /** Null: Docker's default lists. */
  maskedPaths: z.array(z.string()).nullable().default(null),
  readonlyPaths: z.array(z.string()).nullable().default(null),
  logConfig: z
    .object({ type: z.enum(['json-file', 'local', 'none']), options: z.record(z.string(), z.string()) })
    .default({ type: 'json-file', options: {} }),
  containerIdFile: z.string().default(''),
  /** Wishes for a device driver (GPUs): kept, and refused at start while there is none. */
  deviceRequests: z
    .array(
      z.object({
        driver: z.string(),
        count: z.int(),
        deviceIds: z.array(z.string()),
        capabilities: z.array(z.array(z.string())),
        options: z.record(z.string(), z.string()),
      }),
    )
    .default([]),
});
export type HostConfig = z.infer<typeof hostConfigSchema>;

/** A mount as it was resolved at creation: volumes have their names, binds their sources. */
export const mountPointSchema = z.object({
  type: z.enum(MOUNT_TYPES),
  name: z.string().nullable(),
  source: z.string(),
  destination: z.string(),
  readOnly: z.boolean(),
  propagation: z.string(),
  options: z.string(),
  /** Fill an empty volume from the image at first start. */
  copyUp: z.boolean(),
  anonymous: z.boolean(),
  subpath: z.string().default(''),
  nonRecursive: z.boolean().default(false),
  readOnlyDepth: z.enum(['', 'non-recursive', 'force-recursive']).default(''),
  /** Binds: a source that is missing at start is made. */
  createSource: z.boolean().default(true),
  /** Image mounts: what is looked at, whatever becomes of the name. */
  image: z
    .object({ id: z.string(), diffIds: z.array(z.string()) })
    .nullable()
    .default(null),
});
export type MountPoint = z.infer<typeof mountPointSchema>;

const identitySchema = z.object({ pid: z.int(), startTime: z.int() });
export const healthSchema = z.object({
  status: z.enum(['starting', 'healthy', 'unhealthy']),
  failingStreak: z.int(),
  /** The last five, oldest first. */
  log: z.array(z.object({ start: z.string(), end: z.string(), exitCode: z.int(), output: z.string() })),
});
export type Health = z.infer<typeof healthSchema>;

export const stateSchema = z.object({
  status: z.enum(['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead']),
  pid: z.int(),
  exitCode: z.int(),
  error: z.string(),
  oomKilled: z.boolean(),
  /** ISO 8601; empty before the first start. */
  startedAt: z.string(),
  finishedAt: z.string(),
  restartCount: z.int(),
  /** Being removed, its anonymous volumes with it: what a daemon that dies meanwhile has to know. */
  removesVolumes: z.boolean().default(false),
  /** The user stopped it: `unless-stopped` does not bring it back. */
  stoppedByUser: z.boolean(),
  /** Null without a health check, and before the first start. */
  health: healthSchema.nullable().default(null),
});
export type ContainerState = z.infer<typeof stateSchema>;

const recordSchema = z.object({
  id: z.string(),
  /** Without Docker's leading slash. */
  name: z.string(),
  created: z.string(),
  imageId: z.string(),
  /** The stack it was made from, bottom first: the image's record may be gone when the container is removed. */
  diffIds: z.array(z.string()),
  config: containerConfigSchema,
  hostConfig: hostConfigSchema,
  mountPoints: z.array(mountPointSchema),
  state: stateSchema,
  /** By network name: what it joins at its next start, or is in now. */
  networks: z.record(z.string(), endpointSettingsSchema),
  sandbox: sandboxSchema.nullable().default(null),
  /** Ids of a container in a user namespace of its own: 0…size-1 are `hostId`… on the host. Null without one. */
  idMapping: z.object({ hostId: z.int(), size: z.int() }).nullable().default(null),
  monitored: z.object({ conmon: identitySchema, init: identitySchema }).nullable(),
  /** /proc/sys/kernel/random/boot_id of the boot that it last ran in. */
  bootId: z.string(),
});

/** Everything that a restarted daemon knows of a container. */
export const containerSchema = z.preprocess(withNetworks, recordSchema);
export type Container = z.infer<typeof containerSchema>;
