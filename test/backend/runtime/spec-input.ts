import type { HostFacts } from '../../../backend/runtime/spec/host-facts.ts';
import type { SpecInput } from '../../../backend/runtime/spec/spec-input.ts';
import { namesOfMask } from '../../../backend/runtime/spec/capability-names.ts';
import { FULL_SUPPORT, NO_RESOURCES } from '../../support/fakes/no-resources.ts';

export const host: HostFacts = {
  architecture: 'x64',
  capabilities: namesOfMask(2n ** 41n - 1n).filter((name) => name !== 'CAP_SYS_RESOURCE'),
  hardLimits: { nofile: 20_000, core: Infinity },
  oomScoreAdj: 0,
  cgroupVersion: 2,
  support: FULL_SUPPORT,
  cpus: 2,
  devices: () => [{ path: '/dev/fuse', type: 'c', major: 10, minor: 229, fileMode: 0o666, uid: 0, gid: 0 }],
  initProgram: null,
  recursiveReadOnly: true,
  apparmor: false,
};

/** What `docker run image true` comes to, on a machine with two processors and cgroup v2. */
export const input = (changes: Partial<SpecInput> = {}): SpecInput => ({
  id: 'a1',
  rootfs: '/rootfs',
  readonlyRootfs: false,
  args: ['true'],
  env: [],
  cwd: '',
  user: { uid: 0, gid: 0, additionalGids: [0], home: '/root' },
  tty: false,
  consoleSize: null,
  capAdd: [],
  capDrop: [],
  privileged: false,
  securityOpt: [],
  ulimits: [],
  defaultUlimits: [],
  oomScoreAdj: 0,
  hostname: 'h',
  domainname: '',
  resources: NO_RESOURCES,
  binds: [],
  tmpfs: {},
  shmSize: 0,
  devices: [],
  deviceRules: [],
  maskedPaths: null,
  readonlyPaths: null,
  sysctls: {},
  network: 'private',
  pid: 'private',
  ipc: 'private',
  uts: 'private',
  cgroupns: '',
  init: false,
  host,
  ...changes,
});
