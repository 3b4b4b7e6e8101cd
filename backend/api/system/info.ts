import { basename } from 'node:path';
import { isUp } from '../../engine/containers/status.ts';
import type { EngineContext } from '../../engine/context.ts';
import { readHostInfo, type HostInfo } from '../../engine/system/host-info.ts';
import { VERSION } from '../../engine/version.ts';
import type { Route } from '../route.ts';
import { infoWarnings } from './info-warnings.ts';

export interface InfoDependencies {
  engine: EngineContext;
  /** Of this engine, whatever daemon serves it. */
  engineId: string;
  /** New with every start of the daemon: clients that see another one list everything again. */
  epoch: string;
  registries: { mirrors: readonly string[]; insecure: readonly string[] };
}

const MACHINE: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' };

export function infoRoute(dependencies: InfoDependencies): Route {
  // The daemon's own; what comes on top of them are clients.
  const ownListeners = dependencies.engine.events.listeners;
  return {
    method: 'GET',
    path: '/info',
    handle: async () => {
      const host = readHostInfo();
      return {
        status: 200,
        body: {
          ID: dependencies.engineId,
          ...counts(dependencies.engine),
          ...engineFacts(dependencies, ownListeners),
          ...runtimeFacts(dependencies.engine, host),
          ...limits(host),
          ...hostFacts(host, dependencies.engine),
          ...registryFacts(dependencies),
          ...NEVER,
          Warnings: infoWarnings(host),
        },
      };
    },
  };
}

/** What this engine does not have, in the words of one that could. */
const NEVER = {
  HttpProxy: '',
  HttpsProxy: '',
  NoProxy: '',
  ExperimentalBuild: false,
  Swarm: {
    NodeID: '',
    NodeAddr: '',
    LocalNodeState: 'inactive',
    ControlAvailable: false,
    Error: '',
    RemoteManagers: null,
  },
  Isolation: '',
  GenericResources: null,
  CDISpecDirs: [],
};

function engineFacts({ engine, epoch }: InfoDependencies, ownListeners: number): Record<string, unknown> {
  const { snapshotter, layout, events } = engine;
  return {
    Driver: 'overlay2',
    DriverStatus: [
      ['Layer driver', snapshotter.driver],
      ['Backing file system', 'overlayfs'],
    ],
    Plugins: {
      Volume: ['local'],
      Network: ['bridge', 'host', 'null'],
      Authorization: null,
      Log: ['json-file', 'local'],
    },
    Debug: false,
    NEventsListener: Math.max(0, events.listeners - ownListeners),
    LoggingDriver: 'json-file',
    DockerRootDir: layout.dataRoot,
    Labels: [`strata.epoch=${epoch}`],
    ServerVersion: VERSION,
    LiveRestoreEnabled: true,
    FirewallBackend: { Driver: 'nftables' },
  };
}

function runtimeFacts({ runtime }: EngineContext, { initProgram }: HostInfo): Record<string, unknown> {
  return {
    Runtimes: Object.fromEntries(runtime.names.map((name) => [name, { path: name }])),
    DefaultRuntime: runtime.name,
    InitBinary: initProgram === null ? '' : basename(initProgram),
    // There is no containerd, and crun stands where Docker has runc.
    ContainerdCommit: { ID: '' },
    RuncCommit: { ID: `${runtime.name} ${runtime.version}` },
    InitCommit: { ID: '' },
  };
}

function hostFacts(host: HostInfo, { userns }: EngineContext): Record<string, unknown> {
  const security: [on: boolean, name: string][] = [
    [host.apparmor, 'name=apparmor'],
    [host.seccomp, 'name=seccomp,profile=builtin'],
    [userns.default === 'private', 'name=userns'],
    [host.cgroupNamespaces, 'name=cgroupns'],
  ];
  return {
    SystemTime: new Date().toISOString(),
    KernelVersion: host.kernel,
    OperatingSystem: host.operatingSystem,
    OSVersion: host.osVersion,
    OSType: 'linux',
    Architecture: MACHINE[process.arch] ?? process.arch,
    NCPU: host.cpus,
    MemTotal: host.memory,
    Name: host.name,
    NFd: host.openFiles,
    // Docker's count of its own threads of work; a Node process has none.
    NGoroutines: 0,
    SecurityOptions: security.filter(([on]) => on).map(([, name]) => name),
  };
}

function registryFacts({ registries }: InfoDependencies): Record<string, unknown> {
  const official = { Name: 'docker.io', Mirrors: registries.mirrors, Secure: true, Official: true };
  const insecure = registries.insecure.map((name) => [
    name,
    { Name: name, Mirrors: [], Secure: false, Official: false },
  ]);
  return {
    IndexServerAddress: 'https://index.docker.io/v1/',
    RegistryConfig: {
      Mirrors: registries.mirrors,
      InsecureRegistryCIDRs: ['127.0.0.0/8', '::1/128'],
      IndexConfigs: { 'docker.io': official, ...Object.fromEntries(insecure) },
    },
  };
}

/** A frozen container counts as paused alone, as with Docker. */
function counts({ containers, images }: EngineContext): Record<string, number> {
  const all = containers.all();
  const paused = all.filter(({ state }) => state.status === 'paused').length;
  const up = all.filter((container) => isUp(container)).length;
  return {
    Containers: all.length,
    ContainersRunning: up - paused,
    ContainersPaused: paused,
    ContainersStopped: all.length - up,
    Images: images.list().length,
  };
}

function limits({ cgroups, cgroupVersion, forwarding }: HostInfo): Record<string, unknown> {
  return {
    CgroupDriver: 'cgroupfs',
    CgroupVersion: cgroupVersion,
    MemoryLimit: cgroups.memory,
    SwapLimit: cgroups.swap,
    CpuCfsPeriod: cgroups.cpuQuota,
    CpuCfsQuota: cgroups.cpuQuota,
    CPUShares: cgroups.cpuShares,
    CPUSet: cgroups.cpuset,
    PidsLimit: cgroups.pids,
    OomKillDisable: cgroups.oomKillDisable,
    IPv4Forwarding: forwarding,
  };
}
