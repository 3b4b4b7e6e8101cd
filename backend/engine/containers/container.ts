import { z } from 'zod';

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
});
export type ContainerConfig = z.infer<typeof containerConfigSchema>;

export const mountRequestSchema = z.object({
  type: z.enum(['bind', 'volume', 'tmpfs']),
  source: z.string(),
  target: z.string(),
  readOnly: z.boolean(),
  /** rprivate, rslave, …; empty for the default. */
  propagation: z.string(),
  noCopy: z.boolean(),
  /** Bind sources that are missing are made, as `-v` does; `--mount` refuses. */
  createSource: z.boolean(),
  options: z.string(),
});
export type MountRequest = z.infer<typeof mountRequestSchema>;

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
});
export type HostConfig = z.infer<typeof hostConfigSchema>;

/** A mount as it was resolved at creation: volumes have their names, binds their sources. */
export const mountPointSchema = z.object({
  type: z.enum(['bind', 'volume', 'tmpfs']),
  name: z.string().nullable(),
  source: z.string(),
  destination: z.string(),
  readOnly: z.boolean(),
  propagation: z.string(),
  options: z.string(),
  /** Fill an empty volume from the image at first start. */
  copyUp: z.boolean(),
  anonymous: z.boolean(),
});
export type MountPoint = z.infer<typeof mountPointSchema>;

const identitySchema = z.object({ pid: z.int(), startTime: z.int() });
const portSchema = z.object({
  protocol: z.enum(['tcp', 'udp']),
  containerPort: z.int(),
  hostAddress: z.string(),
  hostPort: z.int(),
});

export const endpointSchema = z.object({
  endpointId: z.string(),
  networkId: z.string(),
  networkName: z.string(),
  netnsPath: z.string().nullable(),
  address: z.string().nullable(),
  prefixLength: z.int(),
  gateway: z.string().nullable(),
  mac: z.string().nullable(),
  ports: z.array(portSchema),
});

export const stateSchema = z.object({
  status: z.enum(['created', 'running', 'restarting', 'removing', 'exited', 'dead']),
  pid: z.int(),
  exitCode: z.int(),
  error: z.string(),
  oomKilled: z.boolean(),
  /** ISO 8601; empty before the first start. */
  startedAt: z.string(),
  finishedAt: z.string(),
  restartCount: z.int(),
  /** The user stopped it: `unless-stopped` does not bring it back. */
  stoppedByUser: z.boolean(),
});
export type ContainerState = z.infer<typeof stateSchema>;

/** Everything that a restarted daemon knows of a container. */
export const containerSchema = z.object({
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
  endpoint: endpointSchema.nullable(),
  monitored: z.object({ conmon: identitySchema, init: identitySchema }).nullable(),
  /** /proc/sys/kernel/random/boot_id of the boot that it last ran in. */
  bootId: z.string(),
});
export type Container = z.infer<typeof containerSchema>;
