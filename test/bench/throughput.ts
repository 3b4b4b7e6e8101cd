import { join } from 'node:path';
import { run, runOk } from '../support/run.ts';
import { startProcess } from '../support/start-process.ts';
import type { Comparison } from './compare.ts';
import type { Engine } from './engines.ts';

const TRAFFIC = join(import.meta.dirname, 'traffic.ts');
const PORT = 5201;
const RUNS = 11;
/** An address of the host that is not its loopback: there rules lead to the container, and not the listener. */
const HOST_ADDRESS = '198.18.0.1';

interface Route {
  name: string;
  megabytes: number;
  /** How much of the peer's throughput it has to be. */
  share: number;
  /** Namespace, address and port that are asked. */
  from(pair: Pair): [namespace: string | null, host: string, port: number];
}

const ROUTES: readonly Route[] = [
  {
    name: 'container to container of one network',
    megabytes: 2000,
    share: 0.95,
    from: ({ client, serverAddress }) => [client, serverAddress, PORT],
  },
  {
    name: 'host to a published port, by DNAT',
    megabytes: 2000,
    share: 0.95,
    from: ({ published }) => [null, HOST_ADDRESS, published],
  },
  {
    name: 'host to a published port, by the userland listener',
    megabytes: 600,
    share: 0.5,
    from: ({ published }) => [null, '127.0.0.1', published],
  },
];

/** The same program sends and receives for all engines, in their containers' network namespaces. */
export async function throughput(engines: readonly Engine[], image: string): Promise<Comparison[]> {
  await run('ip', ['addr', 'add', `${HOST_ADDRESS}/32`, 'dev', 'lo']);
  await using stack = new AsyncDisposableStack();
  const pairs = new Map<Engine, Pair>();
  for (const [index, engine] of engines.entries())
    pairs.set(engine, await makePair(stack, engine, image, PORT + 1 + index));
  const all: Comparison[] = [];
  for (const route of ROUTES) all.push(await measure(pairs, route));
  return all;
}

interface Pair {
  /** Path of the client's network namespace. */
  client: string;
  serverAddress: string;
  published: number;
}

async function makePair(
  stack: AsyncDisposableStack,
  { docker }: Engine,
  image: string,
  published: number,
): Promise<Pair> {
  await docker.ok(['network', 'create', 'traffic']);
  stack.defer(async () => void (await docker(['network', 'rm', 'traffic'])));
  const start = async (name: string, ...options: string[]): Promise<string> => {
    const sleeper = [image, 'sleep', '100000'];
    await docker.ok(['run', '-d', '--name', name, '--network', 'traffic', ...options, ...sleeper]);
    stack.defer(async () => void (await docker(['rm', '-f', name], { timeout: 60_000 })));
    return `/proc/${await docker.ok(['inspect', '-f', '{{.State.Pid}}', name])}/ns/net`;
  };
  const client = await start('traffic-client');
  const server = await start('traffic-server', '-p', `${published}:${PORT}`);
  const serving = [`--net=${server}`, process.execPath, TRAFFIC, 'serve', String(PORT)];
  const running = stack.use(await startProcess('nsenter', serving));
  while (!running.output().includes('ready')) await new Promise((resolve) => setTimeout(resolve, 20));
  const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';
  const serverAddress = await docker.ok(['inspect', '-f', format, 'traffic-server']);
  return { client, serverAddress, published };
}

async function measure(pairs: ReadonlyMap<Engine, Pair>, route: Route): Promise<Comparison> {
  const times: Record<string, number[]> = {};
  for (let round = 0; round <= RUNS; round += 1) {
    for (const [{ name }, pair] of pairs) {
      const time = await send(route.from(pair), route.megabytes);
      if (round > 0) (times[name] ??= []).push(time);
    }
  }
  const title = `TCP, ${route.megabytes} MB ${route.name} (at least ${route.share} × Docker's throughput)`;
  return { name: title, times, limits: { Docker: 1 / route.share }, atBest: true };
}

async function send([namespace, host, port]: ReturnType<Route['from']>, megabytes: number): Promise<number> {
  const program = [process.execPath, TRAFFIC, 'send', host, String(port), String(megabytes)];
  const entered = namespace === null ? program : ['nsenter', `--net=${namespace}`, ...program];
  const [command = '', ...args] = entered;
  return Number(await runOk(command, args, { timeout: 120_000 }));
}
