import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type {
  AttachRequest,
  CreateNetworkRequest,
  Endpoint,
  EndpointRequest,
  IpamRange,
  NetworkRecord,
  Networks,
  PortMapping,
  Sandbox,
} from '../../../backend/network/networks.ts';
import type { DaemonAnswer, DaemonCall, DaemonStart } from './network-daemon.ts';

/** A container's network, and what it got in its first one. */
export type Attached = Sandbox & Endpoint;

type Remote = {
  [Verb in keyof Networks]: (
    ...args: Parameters<Networks[Verb]>
  ) => Promise<Awaited<ReturnType<Networks[Verb]>>>;
};

/** The network part of a daemon in another process: its verbs, and short ways to say what tests ask most. */
export interface DaemonProcess extends Remote {
  /** @param networks `bridge` where none is named */
  join(
    containerId: string,
    ports?: readonly PortMapping[],
    ...networks: readonly (string | EndpointWish)[]
  ): Promise<Attached>;
  make(name: string, wish?: NetworkWish): Promise<NetworkRecord>;
  /** After a restart, with what the containers' records hold. */
  comeBack(...sandboxes: readonly Sandbox[]): Promise<Sandbox[]>;
  lives(): boolean;
  /** As `kill -9`; waits until it is gone. */
  kill(): Promise<void>;
  /** Waits until it has died by itself. */
  died(): Promise<void>;
}

export type EndpointWish = Partial<EndpointRequest> & { network: string };
export type NetworkWish = Partial<Omit<CreateNetworkRequest, 'ipam'>> & { ranges?: Partial<IpamRange>[] };

export interface DaemonOptions {
  pools?: readonly string[];
  /** See mortal-steps.ts. */
  steps?: string;
}

export interface PreparedDaemon {
  begin(directory: string): Promise<DaemonProcess>;
  kill(): Promise<void>;
}

/** Starts the network part of a daemon, up to the point where it would open its records, in a namespace that stands for a machine. */
export function prepareDaemon(namespace: string, { steps = '', pools }: DaemonOptions = {}): PreparedDaemon {
  const script = (name: string): string => join(import.meta.dirname, name);
  // Only the network namespace is another: mounts must be seen outside, and outlive the process.
  const args = [`--net=${namespace}`, process.execPath, '--import', script('mortal-steps.ts')];
  const child = spawn('nsenter', [...args, script('network-daemon.ts')], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, STRATA_TEST_STEPS: steps },
  });
  return {
    begin: async (directory) => {
      const [dataRoot, runRoot] = [join(directory, 'data'), join(directory, 'run')];
      child.send({ dataRoot, runRoot, pools: pools ?? null } satisfies DaemonStart);
      await once(child, 'message', { signal: AbortSignal.timeout(15_000) });
      return new Remotely(child) as unknown as DaemonProcess;
    },
    kill: () => kill(child),
  };
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await gone(child);
}

const runs = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode === null && signalCode === null;

async function gone(child: ChildProcess): Promise<void> {
  if (!runs(child)) return;
  await once(child, 'exit', { signal: AbortSignal.timeout(10_000) });
}

const VERBS: readonly (keyof Networks)[] = [
  'list',
  'get',
  'create',
  'remove',
  'members',
  'attach',
  'detach',
  'connect',
  'disconnect',
  'rename',
  'counters',
  'recover',
  'close',
];

class Remotely {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  #last = 0;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', (answer: DaemonAnswer) => this.#settle(answer));
    child.once('exit', () => {
      for (const call of this.#waiting.values()) call.reject(new Error('the daemon ended'));
    });
    const call =
      (verb: keyof Networks) =>
      (...args: readonly unknown[]) =>
        this.#call(verb, args);
    Object.assign(this, Object.fromEntries(VERBS.map((verb) => [verb, call(verb)])));
  }

  #call(verb: keyof Networks, args: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = (this.#last += 1);
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, verb, args } satisfies DaemonCall);
    });
  }

  #settle(answer: DaemonAnswer): void {
    const call = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ('failure' in answer) {
      call?.reject(Object.assign(new Error(answer.failure.message), { code: answer.failure.code }));
    } else call?.resolve(answer.result);
  }

  async join(
    containerId: string,
    ports: readonly PortMapping[] = [],
    ...networks: readonly (string | EndpointWish)[]
  ): Promise<Attached> {
    const request = attachRequest(containerId, ports, networks.length > 0 ? networks : ['bridge']);
    const sandbox = (await this.#call('attach', [request])) as Sandbox;
    const [first] = sandbox.endpoints;
    if (!first) throw new Error('a sandbox without an endpoint');
    return { ...first, ...sandbox };
  }

  make(name: string, wish: NetworkWish = {}): Promise<NetworkRecord> {
    return this.#call('create', [networkRequest(name, wish)]) as Promise<NetworkRecord>;
  }

  comeBack(...sandboxes: readonly Sandbox[]): Promise<Sandbox[]> {
    const lives = sandboxes.map((sandbox) => ({ containerId: `c${sandbox.sandboxId}`, sandbox }));
    return this.#call('recover', [lives]) as Promise<Sandbox[]>;
  }

  lives(): boolean {
    return runs(this.#child);
  }

  kill(): Promise<void> {
    return kill(this.#child);
  }

  died(): Promise<void> {
    return gone(this.#child);
  }
}

/** A user's wish for one network, as the engine hands it on. */
export function wishFor(containerId: string, network: string | EndpointWish): EndpointRequest {
  return {
    dnsNames: [containerId],
    links: [],
    ipv4: null,
    ipv6: null,
    linkLocal: [],
    mac: null,
    driverOpts: {},
    gwPriority: 0,
    ...(typeof network === 'string' ? { network } : network),
  };
}

function attachRequest(
  containerId: string,
  ports: readonly PortMapping[],
  networks: readonly (string | EndpointWish)[],
): AttachRequest {
  return {
    containerId,
    networks: networks.map((network) => wishFor(containerId, network)),
    ports,
    hostname: containerId,
    dns: { servers: [], search: [], options: [] },
    extraHosts: [],
  };
}

function networkRequest(name: string, { ranges = [], ...wish }: NetworkWish): CreateNetworkRequest {
  const blank: IpamRange = { subnet: '', ipRange: '', gateway: '', auxAddresses: {} };
  return {
    name,
    driver: 'bridge',
    internal: false,
    attachable: false,
    enableIPv4: true,
    enableIPv6: false,
    ipam: { driver: 'default', options: {}, ranges: ranges.map((range) => ({ ...blank, ...range })) },
    options: {},
    labels: {},
    ...wish,
  };
}
