import type { Container, Health } from '../../engine/containers/container.ts';
import { endpointSettings } from './container-endpoint.ts';
import { portMap } from './container-ports.ts';
import { fromHealthcheck } from './healthcheck.ts';
import { fromHostConfig } from './host-config.ts';
import { fromMountPoints } from './mount.ts';

/** What Docker says for a time that has not come. */
const NEVER = '0001-01-01T00:00:00Z';

export interface InspectExtras {
  execIds: string[];
  logPath: string;
  layoutPath: (file: string) => string;
  graph: { upper: string; merged: string; lower: string };
  size: { writable: number; total: number } | null;
  /** For clients before API 1.45. */
  idAsAlias: boolean;
}

/** GET /containers/{id}/json */
export function containerInspect(container: Container, extras: InspectExtras): Record<string, unknown> {
  const { config, state } = container;
  const [path = '', ...args] = [...config.entrypoint, ...config.cmd];
  return {
    Id: container.id,
    Created: container.created,
    Path: path,
    Args: args,
    State: inspectState(container),
    Image: container.imageId,
    ResolvConfPath: extras.layoutPath('resolv.conf'),
    HostnamePath: extras.layoutPath('hostname'),
    HostsPath: extras.layoutPath('hosts'),
    LogPath: extras.logPath,
    Name: `/${container.name}`,
    RestartCount: state.restartCount,
    Driver: 'overlay2',
    Platform: 'linux',
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: '',
    ExecIDs: extras.execIds.length > 0 ? extras.execIds : null,
    HostConfig: fromHostConfig(container.hostConfig),
    GraphDriver: {
      Name: 'overlay2',
      Data: {
        ID: container.id,
        UpperDir: extras.graph.upper,
        MergedDir: extras.graph.merged,
        LowerDir: extras.graph.lower,
      },
    },
    ...(extras.size ? { SizeRw: extras.size.writable, SizeRootFs: extras.size.total } : {}),
    Mounts: fromMountPoints(container),
    Config: inspectConfig(container),
    NetworkSettings: inspectNetwork(container, extras),
  };
}

function inspectState({ state }: Container): Record<string, unknown> {
  return {
    Status: state.status,
    Running: ['running', 'paused', 'restarting'].includes(state.status),
    Paused: state.status === 'paused',
    Restarting: state.status === 'restarting',
    OOMKilled: state.oomKilled,
    Dead: state.status === 'dead',
    Pid: state.pid,
    ExitCode: state.exitCode,
    Error: state.error,
    StartedAt: state.startedAt || NEVER,
    FinishedAt: state.finishedAt || NEVER,
    ...(state.health ? { Health: inspectHealth(state.health) } : {}),
  };
}

function inspectHealth({ status, failingStreak, log }: Health): Record<string, unknown> {
  return {
    Status: status,
    FailingStreak: failingStreak,
    Log: log.map(({ start, end, exitCode, output }) => ({
      Start: start,
      End: end,
      ExitCode: exitCode,
      Output: output,
    })),
  };
}

function inspectConfig({ config }: Container): Record<string, unknown> {
  const asSet = (names: string[]): Record<string, object> | null =>
    names.length > 0 ? Object.fromEntries(names.map((name) => [name, {}])) : null;
  const ports = asSet(config.exposedPorts);
  return {
    Hostname: config.hostname,
    Domainname: config.domainname,
    User: config.user,
    AttachStdin: config.attachStdin,
    AttachStdout: config.attachStdout,
    AttachStderr: config.attachStderr,
    ...(ports ? { ExposedPorts: ports } : {}),
    Tty: config.tty,
    OpenStdin: config.openStdin,
    StdinOnce: config.stdinOnce,
    Env: config.env,
    Cmd: config.cmd.length > 0 ? config.cmd : null,
    Image: config.image,
    Volumes: asSet(config.volumes),
    WorkingDir: config.workingDir,
    Entrypoint: config.entrypoint.length > 0 ? config.entrypoint : null,
    OnBuild: config.onBuild.length > 0 ? config.onBuild : null,
    Labels: config.labels,
    StopSignal: config.stopSignal,
    ...(config.stopTimeout === null ? {} : { StopTimeout: config.stopTimeout }),
    ...(config.healthcheck ? { Healthcheck: fromHealthcheck(config.healthcheck) } : {}),
    ...(config.shell.length > 0 ? { Shell: config.shell } : {}),
    ...(config.networkDisabled ? { NetworkDisabled: true } : {}),
  };
}

function inspectNetwork(
  container: Container,
  { idAsAlias }: Pick<InspectExtras, 'idAsAlias'>,
): Record<string, unknown> {
  const { sandbox } = container;
  // The fields outside Networks are older than networks and speak of the default one.
  const endpoint = sandbox?.endpoints.find(({ networkName }) => networkName === 'bridge');
  return {
    Bridge: '',
    SandboxID: sandbox?.sandboxId ?? '',
    SandboxKey: sandbox?.netnsPath ?? '',
    Ports: portMap(container),
    HairpinMode: false,
    LinkLocalIPv6Address: '',
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    ...defaultEndpoint(endpoint),
    Networks: endpointSettings(container, { idAsAlias }),
  };
}

const NOTHING = {
  endpointId: '',
  gateway: '',
  address6: '',
  prefixLength6: 0,
  address: '',
  prefixLength: 0,
  gateway6: '',
  mac: '',
};

function defaultEndpoint(
  endpoint: NonNullable<Container['sandbox']>['endpoints'][number] | undefined,
): Record<string, unknown> {
  const { endpointId, gateway, address6, prefixLength6, address, prefixLength, gateway6, mac } =
    endpoint ?? NOTHING;
  return {
    EndpointID: endpointId,
    Gateway: gateway ?? '',
    GlobalIPv6Address: address6 ?? '',
    GlobalIPv6PrefixLen: prefixLength6,
    IPAddress: address ?? '',
    IPPrefixLen: prefixLength,
    IPv6Gateway: gateway6 ?? '',
    MacAddress: mac ?? '',
  };
}
