import type { EngineContext } from '../../engine/context.ts';
import { readHostInfo, type HostInfo } from '../../engine/system/host-info.ts';
import { VERSION } from '../../engine/version.ts';
import type { Route } from '../route.ts';

export interface InfoDependencies {
  engine: EngineContext;
  /** New with every start of the daemon: clients that see another one list everything again. */
  epoch: string;
  registries: { mirrors: readonly string[]; insecure: readonly string[] };
}

const MACHINE: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' };

export const infoRoute = (dependencies: InfoDependencies): Route => ({
  method: 'GET',
  path: '/info',
  handle: async () => {
    const host = readHostInfo();
    return {
      status: 200,
      body: {
        ID: dependencies.epoch,
        ...counts(dependencies.engine),
        ...engineFacts(dependencies, host.cgroupVersion),
        ...hostFacts(host),
        ...registryFacts(dependencies),
        ...NEVER,
      },
    };
  },
});

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
  InitBinary: '',
  Warnings: null,
};

function engineFacts({ engine, epoch }: InfoDependencies, cgroupVersion: '1' | '2'): Record<string, unknown> {
  const { snapshotter, layout, runtime } = engine;
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
      Log: ['json-file'],
    },
    ...limits(cgroupVersion),
    Debug: false,
    LoggingDriver: 'json-file',
    NEventsListener: 0,
    DockerRootDir: layout.dataRoot,
    Labels: [`strata.epoch=${epoch}`],
    ServerVersion: VERSION,
    Runtimes: { [runtime.name]: { path: runtime.name } },
    DefaultRuntime: runtime.name,
    LiveRestoreEnabled: true,
  };
}

function hostFacts(host: HostInfo): Record<string, unknown> {
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
    SecurityOptions: host.seccomp ? ['name=seccomp,profile=builtin'] : [],
  };
}

function registryFacts({ registries }: InfoDependencies): Record<string, unknown> {
  return {
    IndexServerAddress: 'https://index.docker.io/v1/',
    RegistryConfig: {
      Mirrors: registries.mirrors,
      InsecureRegistryCIDRs: ['127.0.0.0/8', '::1/128'],
      IndexConfigs: Object.fromEntries(
        registries.insecure.map((name) => [
          name,
          { Name: name, Mirrors: [], Secure: false, Official: false },
        ]),
      ),
    },
  };
}

function counts({ containers, images }: EngineContext): Record<string, number> {
  const all = containers.all();
  const running = all.filter(({ state }) => state.status === 'running').length;
  return {
    Containers: all.length,
    ContainersRunning: running,
    ContainersPaused: 0,
    ContainersStopped: all.length - running,
    Images: images.list().length,
  };
}

function limits(cgroupVersion: '1' | '2'): Record<string, unknown> {
  return {
    CgroupDriver: 'cgroupfs',
    CgroupVersion: cgroupVersion,
    MemoryLimit: true,
    SwapLimit: true,
    CpuCfsPeriod: true,
    CpuCfsQuota: true,
    CPUShares: true,
    CPUSet: true,
    PidsLimit: true,
    IPv4Forwarding: true,
    OomKillDisable: false,
  };
}
