import { invalidArgument } from '../../base/errors.ts';
import type { RuntimeMount } from '../../oci/runtime-spec.ts';
import type { SecurityOptions } from './security-options.ts';
import type { BindInput, SpecInput } from './spec-input.ts';
import { tmpfsOptions } from './tmpfs-options.ts';

const SHM_SIZE = 64 * 1024 * 1024;
const QUIET = ['nosuid', 'noexec', 'nodev'];
const PROPAGATIONS = ['', 'private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave'];

/**
 * All mounts in the order of mounting. The user's come after the default ones, outer paths before inner ones,
 * and replace a default at the same place.
 */
export function mountsOf(input: SpecInput, { systemPathsConfined }: SecurityOptions): RuntimeMount[] {
  const own = [...input.binds.map(bindMount), ...Object.entries(input.tmpfs).map(tmpfsMount)];
  const taken = new Set(own.map(({ destination }) => destination));
  const defaults = defaultMounts(input, input.privileged || !systemPathsConfined);
  return [
    ...defaults.filter(({ destination }) => !taken.has(destination)),
    ...own.sort((a, b) => depth(a.destination) - depth(b.destination)),
  ];
}

const depth = (path: string): number => path.split('/').filter(Boolean).length;

function defaultMounts(input: SpecInput, writableSystem: boolean): RuntimeMount[] {
  const access = writableSystem ? 'rw' : 'ro';
  const mounts: RuntimeMount[] = [
    { destination: '/proc', type: 'proc', source: 'proc', options: QUIET },
    {
      destination: '/dev',
      type: 'tmpfs',
      source: 'tmpfs',
      options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
    },
    {
      destination: '/dev/pts',
      type: 'devpts',
      source: 'devpts',
      options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
    },
    { destination: '/sys', type: 'sysfs', source: 'sysfs', options: [...QUIET, access] },
    { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: [...QUIET, access] },
  ];
  return [...mounts, ...ipcMounts(input)];
}

/** A mount of mqueue shows the queues of the IPC namespace that it is made in; the host's shared memory is a place. */
function ipcMounts({ ipc, shmSize, userNamespace }: SpecInput): RuntimeMount[] {
  return [
    // The host's queues may be mounted anew by the host's root only.
    ipc === 'host' && userNamespace
      ? { destination: '/dev/mqueue', type: 'bind', source: '/dev/mqueue', options: ['rbind', 'rprivate'] }
      : { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: QUIET },
    ...sharedMemory(ipc, shmSize),
  ];
}

function sharedMemory(ipc: SpecInput['ipc'], shmSize: number | null): RuntimeMount[] {
  const destination = '/dev/shm';
  if (ipc === 'host')
    return [{ destination, type: 'bind', source: '/dev/shm', options: ['rbind', 'rprivate'] }];
  if (shmSize === null) return [];
  const size = `size=${shmSize > 0 ? shmSize : SHM_SIZE}`;
  return [{ destination, type: 'tmpfs', source: 'shm', options: [...QUIET, 'mode=1777', size] }];
}

function bindMount(input: BindInput): RuntimeMount {
  const { source, destination, readOnly, propagation, nonRecursive, recursiveReadOnly, quiet } = input;
  if (!PROPAGATIONS.includes(propagation)) {
    throw invalidArgument(
      `invalid propagation ${JSON.stringify(propagation)} of the mount at ${destination}`,
    );
  }
  const access = readOnly ? (recursiveReadOnly ? ['ro', 'rro'] : ['ro']) : ['rw'];
  const options = [
    nonRecursive ? 'bind' : 'rbind',
    propagation || 'rprivate',
    ...access,
    ...(quiet ? QUIET : []),
  ];
  return { destination: absolute(destination), type: 'bind', source, options };
}

function tmpfsMount([destination, options]: [string, string]): RuntimeMount {
  return {
    destination: absolute(destination),
    type: 'tmpfs',
    source: 'tmpfs',
    options: tmpfsOptions(options),
  };
}

function absolute(destination: string): string {
  if (!destination.startsWith('/') || depth(destination) === 0) {
    throw invalidArgument(`invalid mount path ${JSON.stringify(destination)}: it must be absolute and not /`);
  }
  return destination;
}

/** A mount that shares its propagation with the host needs a root that does not stop it. */
export function rootPropagation(binds: readonly BindInput[]): string | undefined {
  const kinds = binds.map(({ propagation }) => propagation.replace(/^r(?=shared|slave)/, ''));
  if (kinds.includes('shared')) return 'shared';
  return kinds.includes('slave') ? 'rslave' : undefined;
}
