import { unavailable } from '../../base/errors.ts';
import type { LinuxSpec, RuntimeMount, RuntimeSpec } from '../../oci/runtime-spec.ts';
import { buildProcess } from './build-process.ts';
import { deviceRulesOf } from './device-rules.ts';
import { DEFAULT_SECCOMP } from './default-seccomp.ts';
import type { HostFacts } from './host-facts.ts';
import { mountsOf, rootPropagation } from './mounts.ts';
import { resourcesOf } from './resources.ts';
import { seccompOf } from './seccomp.ts';
import { securityOptions, type SecurityOptions } from './security-options.ts';
import type { NamespaceInput, SpecInput } from './spec-input.ts';
import { sysctlsOf } from './sysctls.ts';
import { MASKED_PATHS, READONLY_PATHS } from './system-paths.ts';

/** Understood by crun 1.x and runc 1.x alike. */
const OCI_VERSION = '1.0.2';
const INIT_IN_CONTAINER = '/sbin/docker-init';

/**
 * The OCI configuration of a container. Pure: the same input gives the same spec, and all that it needs of the
 * machine comes in `host`.
 * @throws invalid-argument, forbidden or not-implemented, naming the option at fault.
 */
export function buildSpec(input: SpecInput): RuntimeSpec {
  const security = securityOptions(input.securityOpt);
  const process = buildProcess(input, input.host);
  const init = input.init ? initMount(input) : null;
  if (init) process.args = [INIT_IN_CONTAINER, '--', ...process.args];
  return {
    ociVersion: OCI_VERSION,
    process,
    root: { path: input.rootfs, readonly: input.readonlyRootfs },
    // Without a namespace of its own it would be the host's name that is set.
    ...(input.uts === 'private' ? { hostname: input.hostname } : {}),
    ...(input.uts === 'private' && input.domainname !== '' ? { domainname: input.domainname } : {}),
    mounts: [...mountsOf(input, security), ...(init ? [init] : [])],
    ...(input.annotations ? { annotations: input.annotations } : {}),
    linux: linuxOf(input, security, process.capabilities?.bounding ?? []),
  };
}

function linuxOf(input: SpecInput, security: SecurityOptions, capabilities: readonly string[]): LinuxSpec {
  const { privileged, host, id, cgroupParent = '/strata' } = input;
  const confined = security.systemPathsConfined && !privileged;
  const devices = devicesOf(input);
  const propagation = rootPropagation(input.binds);
  const profile = security.seccomp === 'default' ? DEFAULT_SECCOMP : security.seccomp;
  return {
    namespaces: namespacesOf(input),
    ...idMappings(input),
    ...(devices.length > 0 ? { devices } : {}),
    cgroupsPath: `${cgroupParent}/${id}`,
    resources: { devices: deviceRulesOf(input), ...resourcesOf(input.resources, host) },
    ...(profile === 'unconfined' || privileged
      ? {}
      : { seccomp: seccompOf(profile, host.architecture, capabilities) }),
    maskedPaths: confined ? [...(input.maskedPaths ?? MASKED_PATHS)] : [],
    readonlyPaths: confined ? [...(input.readonlyPaths ?? READONLY_PATHS)] : [],
    sysctl: sysctlsOf(input),
    ...(propagation === undefined ? {} : { rootfsPropagation: propagation }),
  };
}

/** A mapped device takes the place of the host's own at the same path. */
function devicesOf({ privileged, devices, host }: SpecInput): NonNullable<LinuxSpec['devices']> {
  const nodes = [...(privileged ? host.devices() : []), ...devices.map(({ node }) => node)];
  return [...new Map(nodes.map((node) => [node.path, node])).values()];
}

function namespacesOf(input: SpecInput): LinuxSpec['namespaces'] {
  const { network, pid, ipc, uts, host, userNamespace } = input;
  const cgroup = input.cgroupns || (host.cgroupVersion === 2 ? 'private' : 'host');
  const of = (
    type: LinuxSpec['namespaces'][number]['type'],
    wanted: NamespaceInput,
  ): LinuxSpec['namespaces'] => {
    if (wanted === 'host') return [];
    return [wanted === 'private' ? { type } : { type, path: wanted.path }];
  };
  return [
    ...(userNamespace ? [{ type: 'user' as const, path: userNamespace.path }] : []),
    { type: 'mount' },
    ...of('network', network),
    ...of('uts', uts),
    ...of('ipc', ipc),
    ...of('pid', pid),
    ...of('cgroup', cgroup),
  ];
}

/** Also for a namespace that exists: the runtime gives to its root what it makes for the container. */
function idMappings({ userNamespace }: SpecInput): Pick<LinuxSpec, 'uidMappings' | 'gidMappings'> {
  if (!userNamespace) return {};
  const { hostId, size } = userNamespace.mapping;
  const mappings = [{ containerID: 0, hostID: hostId, size }];
  return { uidMappings: mappings, gidMappings: mappings };
}

function initMount({ host }: SpecInput): RuntimeMount {
  const options = ['bind', 'rprivate', 'ro'];
  return { destination: INIT_IN_CONTAINER, type: 'bind', source: checkInit(host), options };
}

/** @throws unavailable where the host has none */
export function checkInit({ initProgram }: Pick<HostFacts, 'initProgram'>): string {
  if (initProgram !== null) return initProgram;
  throw unavailable(
    'no init program is installed on this host: --init needs one of the packages tini, catatonit or docker-init',
  );
}
