import { mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLogger } from '../../backend/base/logger.ts';
import { createNetworks } from '../../backend/network/create-networks.ts';
import { identityOf } from '../../backend/network/identity.ts';
import type {
  AttachRequest,
  EndpointRequest,
  Networks,
  PortMapping,
  Sandbox,
} from '../../backend/network/networks.ts';
import { createLayout } from '../../backend/store/layout.ts';
import { openRecords } from '../../backend/store/records.ts';
import { runOk } from '../support/run.ts';
import { sweep } from '../support/sweep.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { fastest, median } from './samples.ts';

const RUNS = 25;
const MANY = { networks: 200, containers: 50, portsEach: 10 };

/** What networks cost, in milliseconds, in the network namespace of the bench. */
export async function networksOfOurs(): Promise<boolean[]> {
  await using stack = new AsyncDisposableStack();
  const { networks, veth } = await openNetworks(stack);
  for (const name of ['one', 'two']) await networks.create(networkRequest(name));
  console.log('\nNetworks: the engine’s own part of a start, a stop, a connect and a disconnect');
  const attached = await attachAndDetach(networks, veth);
  const empty = median(attached.times);
  return [attached.holds, await againstBareLink(networks), await withMany(networks, empty)];
}

async function openNetworks(stack: AsyncDisposableStack) {
  const { path } = stack.use(await makeTempDir('strata-bench-net-'));
  stack.defer(async () => void (await sweep(path, [])));
  const layout = createLayout(join(path, 'data'), join(path, 'run'));
  mkdirSync(layout.dataRoot, { recursive: true });
  const records = stack.use(openRecords(layout.database));
  const networks = await createNetworks({ layout, records, logger: silentLogger });
  stack.defer(() => networks.close());
  const identity = identityOf(layout.dataRoot);
  const veth = ({ endpoints }: Sandbox): string => identity.veth(endpoints[0]?.endpointId ?? '');
  return { networks, veth };
}

async function attachAndDetach(
  networks: Networks,
  veth: (sandbox: Sandbox) => string,
): Promise<{ times: number[]; holds: boolean }> {
  const times: Record<'attach' | 'withPort' | 'detach' | 'gone', number[]> = {
    attach: [],
    withPort: [],
    detach: [],
    gone: [],
  };
  for (let round = -3; round < RUNS; round += 1) {
    for (const kind of ['attach', 'withPort'] as const) {
      let sandbox: Sandbox | undefined;
      const ports = kind === 'attach' ? [] : [port(0)];
      const took = await timed(
        async () => (sandbox = await networks.attach(attachRequest('c', ports, 'one'))),
      );
      if (!sandbox) continue;
      const ended = sandbox;
      const left = performance.now();
      const detach = await timed(() => networks.detach(ended));
      await linkGone(veth(ended));
      if (round < 0) continue;
      times[kind].push(took);
      times.detach.push(detach);
      times.gone.push(performance.now() - left);
    }
  }
  const verdicts = [
    say('attach to a user-defined network', times.attach, 15),
    say('attach with a published port', times.withPort, 15),
    say('detach returns', times.detach, 8),
    say('detach: kernel objects are gone, the slowest', [Math.max(...times.gone)], 1000),
  ];
  return { times: times.withPort, holds: verdicts.every(Boolean) };
}

async function linkGone(name: string): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    if (!(await readFile('/proc/thread-self/net/dev', 'utf8')).includes(name)) return;
    await sleep(5);
  }
  throw new Error(`link ${name} is still there`);
}

async function againstBareLink(networks: Networks): Promise<boolean> {
  let sandbox = await networks.attach(attachRequest('c', [port(0)], 'one'));
  const times: Record<'ours' | 'bare', number[]> = { ours: [], bare: [] };
  const bridge = networks.get('two').bridge ?? '';
  for (let round = -2; round < RUNS; round += 1) {
    sandbox = await networks.connect(sandbox, endpointRequest('c', 'two'));
    const ours = await timed(async () => (sandbox = await networks.disconnect(sandbox, 'two')));
    const bare = await bareDelete(bridge, sandbox.netnsPath ?? '');
    if (round < 0) continue;
    times.ours.push(ours);
    times.bare.push(bare);
  }
  await networks.detach(sandbox);
  const ratio = median(times.ours) / median(times.bare);
  console.log(
    `  live disconnect: ${median(times.ours).toFixed(1)} ms, ${ratio.toFixed(2)} × a bare \`ip link del\` (${median(times.bare).toFixed(1)} ms), at most 1.3: ${verdict(ratio <= 1.3)}`,
  );
  return ratio <= 1.3;
}

/** A veth pair as a container has it: a port of a bridge here, an interface with an address there. */
async function bareDelete(bridge: string, namespace: string): Promise<number> {
  const there = `nsenter --net=${namespace}`;
  const lines = [
    `${there} ip link add bench1 type veth peer name bench0 netns /proc/$$/ns/net`,
    `ip link set bench0 up master ${bridge}`,
    `${there} ip addr add 198.18.7.1/24 dev bench1`,
    `${there} ip link set bench1 up`,
  ];
  await runOk('sh', ['-ec', lines.join('\n')]);
  return timed(() => runOk('ip', ['link', 'del', 'bench0']));
}

async function withMany(networks: Networks, empty: number): Promise<boolean> {
  for (let index = 0; index < MANY.networks; index += 1)
    await networks.create(networkRequest(`many${index}`));
  const sandboxes: Sandbox[] = [];
  for (let index = 0; index < MANY.containers; index += 1) {
    const ports = Array.from({ length: MANY.portsEach }, () => port(0));
    sandboxes.push(await networks.attach(attachRequest(`m${index}`, ports, `many${index}`)));
  }
  const times: number[] = [];
  for (let round = 0; round < RUNS; round += 1) {
    const request = attachRequest('c', [port(0)], `many${100 + round}`);
    let sandbox: Sandbox | undefined;
    times.push(await timed(async () => (sandbox = await networks.attach(request))));
    if (sandbox) await networks.detach(sandbox);
  }
  for (const sandbox of sandboxes) await networks.detach(sandbox);
  for (let index = 0; index < MANY.networks; index += 1) await networks.remove(`many${index}`);
  const ratio = median(times) / empty;
  console.log(
    `  attach beside ${MANY.networks} networks and ${MANY.containers * MANY.portsEach} published ports: ${median(times).toFixed(1)} ms, ${ratio.toFixed(2)} × that of an empty engine (${empty.toFixed(1)} ms), at most 2: ${verdict(ratio <= 2)}`,
  );
  return ratio <= 2;
}

function say(what: string, times: readonly number[], limit: number): boolean {
  const holds = median(times) <= limit;
  const spread =
    times.length > 1
      ? ` (${fastest(times).toFixed(1)}…${Math.max(...times).toFixed(1)}, ${times.length} runs)`
      : '';
  console.log(`  ${what}: ${median(times).toFixed(1)} ms${spread}, at most ${limit}: ${verdict(holds)}`);
  return holds;
}

const verdict = (holds: boolean): string => (holds ? 'holds' : 'MISSED');

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

const port = (hostPort: number): PortMapping => ({
  protocol: 'tcp',
  containerPort: 80,
  hostAddress: '',
  hostPort,
});

function endpointRequest(containerId: string, network: string): EndpointRequest {
  const nothing = {
    ipv4: null,
    ipv6: null,
    linkLocal: [],
    mac: null,
    driverOpts: {},
    gwPriority: 0,
    links: [],
  };
  return { ...nothing, network, dnsNames: [containerId] };
}

function attachRequest(containerId: string, ports: readonly PortMapping[], network: string): AttachRequest {
  return {
    containerId,
    networks: [endpointRequest(containerId, network)],
    ports,
    hostname: containerId,
    dns: { servers: [], search: [], options: [] },
    extraHosts: [],
  };
}

function networkRequest(name: string): Parameters<Networks['create']>[0] {
  return {
    name,
    driver: 'bridge',
    internal: false,
    attachable: false,
    enableIPv4: true,
    enableIPv6: false,
    ipam: { driver: 'default', options: {}, ranges: [] },
    options: {},
    labels: {},
  };
}
