import { join } from 'node:path/posix';
import { invalidArgument } from '../../base/errors.ts';
import type { Process } from '../../oci/runtime-spec.ts';
import { buildProcess } from '../../runtime/spec/build-process.ts';
import { deviceNumbers, devicesOfMapping } from '../../runtime/spec/devices.ts';
import { resolveUser, type ResolvedUser } from '../../runtime/spec/resolve-user.ts';
import type { ProcessInput, ResourceInput, SpecInput } from '../../runtime/spec/spec-input.ts';
import type { EngineContext } from '../context.ts';
import { otherSettings } from '../userns/network-settings.ts';
import type { ExecConfig } from '../exec/exec-set.ts';
import type { Container, HostConfig } from './container.ts';
import { hostFacts } from './host-facts.ts';
import { joinNamespaces } from './join-namespaces.ts';
import { linkEnvironment } from './legacy-links.ts';
import { mergeEnv } from './merge-config.ts';
import type { ReadyMount } from './prepare-mounts.ts';

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What was made on the host for this start. */
export interface MadeReady {
  rootfs: string;
  mounts: readonly ReadyMount[];
  /** Null: the host's. */
  userNamespace: SpecInput['userNamespace'];
}

/** Everything that decides about the OCI spec of this container, users resolved in its own root file system. */
export function specInput(
  context: EngineContext,
  container: Container,
  { rootfs, mounts, userNamespace }: MadeReady,
): SpecInput {
  const { config, hostConfig, id } = container;
  const user = resolveUser(rootfs, config.user, hostConfig.groupAdd);
  const [rows, columns] = hostConfig.consoleSize;
  return {
    ...processInput(container, user, context.defaultUlimits),
    id,
    args: [...config.entrypoint, ...config.cmd],
    env: environment(container, user, config.tty, linkEnvironment(context, container), []),
    cwd: config.workingDir,
    tty: config.tty,
    consoleSize: rows > 0 ? { rows, columns } : null,
    rootfs,
    readonlyRootfs: hostConfig.readonlyRootfs,
    hostname: config.hostname,
    domainname: config.domainname,
    ...resourceInput(hostConfig),
    binds: mounts,
    tmpfs: tmpfsOf(container),
    shmSize: hostConfig.ipcMode === 'none' ? null : hostConfig.shmSize,
    sysctls: userNamespace ? otherSettings(hostConfig.sysctls) : hostConfig.sysctls,
    maskedPaths: hostConfig.maskedPaths,
    readonlyPaths: hostConfig.readonlyPaths,
    ...joinNamespaces(context, container),
    cgroupns: cgroupNamespace(hostConfig.cgroupnsMode),
    userNamespace,
    // Whoever lives in the process ids of others is not their init.
    init: hostConfig.pidMode === '' && (hostConfig.init ?? context.init),
    annotations: hostConfig.annotations,
    host: hostFacts(),
  };
}

/** The process of an exec: the container's rights, the exec's own command, user and terminal. */
export function execProcess(
  context: EngineContext,
  container: Container,
  exec: ExecConfig,
  rootfs: string,
): Process {
  const user = resolveUser(rootfs, exec.user || container.config.user, container.hostConfig.groupAdd);
  const [rows, columns] = exec.consoleSize ?? [0, 0];
  const input = {
    ...processInput(container, user, context.defaultUlimits),
    args: exec.cmd,
    env: environment(container, user, exec.tty, [], exec.env),
    cwd: exec.workingDir || container.config.workingDir,
    tty: exec.tty,
    consoleSize: rows > 0 ? { rows, columns } : null,
  };
  return buildProcess({ ...input, privileged: input.privileged || exec.privileged }, hostFacts());
}

function processInput(
  { hostConfig }: Container,
  user: ResolvedUser,
  defaultUlimits: EngineContext['defaultUlimits'],
) {
  const { capAdd, capDrop, privileged, securityOpt, ulimits, oomScoreAdj } = hostConfig;
  return {
    user,
    capAdd,
    capDrop,
    privileged,
    securityOpt,
    ulimits,
    defaultUlimits,
    oomScoreAdj,
  } satisfies Partial<ProcessInput>;
}

/** What every process finds in its environment; the image and the user override it. */
function environment(
  { config }: Container,
  { home }: ResolvedUser,
  tty: boolean,
  /** Of legacy links. */
  links: readonly string[],
  own: readonly string[],
): string[] {
  const base = [PATH, `HOSTNAME=${config.hostname}`, ...(tty ? ['TERM=xterm'] : []), `HOME=${home}`];
  return mergeEnv([...base, ...links], [...config.env, ...own]);
}

function tmpfsOf({ mountPoints }: Container): Record<string, string> {
  return Object.fromEntries(
    mountPoints
      .filter(({ type }) => type === 'tmpfs')
      .map(({ destination, options }) => [destination, options]),
  );
}

/** Limits and devices, with the numbers of the devices that are named. @throws for a device that is not there */
function resourceInput(
  host: HostConfig,
): Pick<SpecInput, 'resources' | 'devices' | 'deviceRules' | 'cgroupParent'> {
  const [request] = host.deviceRequests;
  if (request) throw noDeviceDriver(request);
  return {
    resources: withNumbers(host),
    devices: host.devices.flatMap(devicesOfMapping),
    deviceRules: host.deviceCgroupRules,
    cgroupParent: host.cgroupParent === '' ? undefined : join('/', host.cgroupParent),
  };
}

/** In Docker's words: GPUs and the like take a driver that knows them. */
function noDeviceDriver({ driver, capabilities }: HostConfig['deviceRequests'][number]): Error {
  const sets = capabilities.map((set) => `[${set.join(' ')}]`).join(' ');
  return invalidArgument(
    `could not select device driver ${JSON.stringify(driver)} with capabilities: [${sets}]`,
  );
}

function withNumbers(host: HostConfig): ResourceInput {
  const numbered = <T extends { path: string }>(devices: readonly T[]) =>
    devices.map((device) => ({ ...device, ...deviceNumbers(device.path) }));
  return {
    ...host,
    blkioWeightDevice: numbered(host.blkioWeightDevice),
    blkioDeviceReadBps: numbered(host.blkioDeviceReadBps),
    blkioDeviceWriteBps: numbered(host.blkioDeviceWriteBps),
    blkioDeviceReadIOps: numbered(host.blkioDeviceReadIOps),
    blkioDeviceWriteIOps: numbered(host.blkioDeviceWriteIOps),
  };
}

function cgroupNamespace(mode: string): 'private' | 'host' | '' {
  if (mode === '' || mode === 'private' || mode === 'host') return mode;
  throw invalidArgument(`invalid field HostConfig.CgroupnsMode: ${mode}: expected private or host`);
}
