import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type {
  AttachRequest,
  Endpoint,
  NetworkRecord,
  PortMapping,
  Sandbox,
} from '../../../backend/network/networks.ts';
import type { DaemonCall } from './network-daemon.ts';

/** A container's network, and what it got in its first one. */
export type Attached = Sandbox & Pick<Endpoint, 'endpointId' | 'networkName' | 'address' | 'gateway' | 'mac'>;

export interface DaemonProcess {
  list(): Promise<NetworkRecord[]>;
  attach(containerId: string, ports?: readonly PortMapping[], network?: string): Promise<Attached>;
  detach(sandbox: Sandbox): Promise<void>;
  recover(sandboxes: readonly Sandbox[]): Promise<void>;
  close(): Promise<void>;
  /** As `kill -9`; waits until it is gone. */
  kill(): Promise<void>;
}

type Answer = { id: number; result: unknown } | { id: number; failure: { message: string; code: string } };

/** Starts the network part of a daemon inside a network namespace that stands for a machine. */
export async function startDaemon(namespace: string, directory: string): Promise<DaemonProcess> {
  const script = join(import.meta.dirname, 'network-daemon.ts');
  // Only the network namespace is another: mounts must be seen outside, and outlive the process.
  const args = [
    `--net=${namespace}`,
    process.execPath,
    script,
    join(directory, 'data'),
    join(directory, 'run'),
  ];
  const child = spawn('nsenter', args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  child.on('message', (answer: Answer | 'ready') => {
    if (answer === 'ready') return;
    const call = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ('failure' in answer) {
      call?.reject(Object.assign(new Error(answer.failure.message), { code: answer.failure.code }));
    } else call?.resolve(answer.result);
  });
  child.once('exit', () => {
    for (const call of waiting.values()) call.reject(new Error('the daemon ended'));
  });
  await once(child, 'message', { signal: AbortSignal.timeout(15_000) });
  let last = 0;
  const ask = <T>(call: DaemonCall): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      last += 1;
      waiting.set(last, { resolve: (result) => resolve(result as T), reject });
      child.send({ id: last, call });
    });
  return {
    list: () => ask({ verb: 'list' }),
    attach: async (containerId, ports = [], network = 'bridge') => {
      const request = attachRequest(containerId, network, ports);
      const sandbox = await ask<Sandbox>({ verb: 'attach', request });
      const [first] = sandbox.endpoints;
      if (!first) throw new Error('a sandbox without an endpoint');
      const { endpointId, networkName, address, gateway, mac } = first;
      return { ...sandbox, endpointId, networkName, address, gateway, mac };
    },
    detach: (sandbox) => ask({ verb: 'detach', sandbox }),
    recover: (sandboxes) =>
      ask({ verb: 'recover', sandboxes: sandboxes.map((sandbox) => ({ containerId: 'c', sandbox })) }),
    close: () => ask({ verb: 'close' }),
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

function attachRequest(containerId: string, network: string, ports: readonly PortMapping[]): AttachRequest {
  const wanted = { dnsNames: [containerId], links: [], linkLocal: [], driverOpts: {}, gwPriority: 0 };
  return {
    containerId,
    networks: [{ network, ipv4: null, ipv6: null, mac: null, ...wanted }],
    ports,
    hostname: containerId,
    dns: { servers: [], search: [], options: [] },
    extraHosts: [],
  };
}
