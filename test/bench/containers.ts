import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Daemon } from '../support/start-daemon.ts';
import { callApi } from '../support/api-client.ts';
import { run } from '../support/run.ts';
import { bareCrun } from './bare-crun.ts';
import type { Comparison } from './compare.ts';
import { compare } from './compare.ts';
import type { Engine } from './engines.ts';
import { median, timed } from './samples.ts';

const created = z.object({ Id: z.string() });
const RUNS = 15;
const MANY = 50;
/** MB: proportional set of a monitor, and the daemon's growth per container. */
const IDLE_LIMIT = 4;

/** What a container's life costs above the OCI runtime's own part of it, all through the API. */
export async function againstBareCrun(daemon: Daemon, image: string): Promise<boolean> {
  await using floor = await bareCrun(daemon, image);
  const rows: [string, number, () => Promise<unknown>, () => Promise<unknown>][] = [
    ['create + start + wait + remove, no network', 3, floor.run, () => life(daemon.socket, image, 'none')],
    ['create + start + wait + remove, bridge', 5, floor.run, () => life(daemon.socket, image, 'bridge')],
    ['exec of true', 2.5, floor.exec, () => execTrue(daemon.socket, floor.containerId)],
  ];
  console.log('\nAgainst bare crun on the same bundle, through the API');
  let holds = true;
  for (const [name, limit, bare, ours] of rows) {
    const times: { bare: number[]; ours: number[] } = { bare: [], ours: [] };
    for (let round = 0; round <= RUNS; round += 1) {
      const [bareTime, ourTime] = [await timed(bare), await timed(ours)];
      if (round === 0) continue;
      times.bare.push(bareTime);
      times.ours.push(ourTime);
    }
    const ratio = median(times.ours) / median(times.bare);
    holds &&= ratio <= limit;
    const verdict = ratio <= limit ? 'holds' : 'MISSED';
    const spread = `${median(times.ours).toFixed(1)} ms against ${median(times.bare).toFixed(1)} ms`;
    console.log(`  ${name.padEnd(44)} ${ratio.toFixed(2)} × (${spread}), at most ${limit}: ${verdict}`);
  }
  return holds;
}

async function life(socket: string, image: string, network: string): Promise<void> {
  const body = { Image: image, Cmd: ['true'], HostConfig: { NetworkMode: network } };
  const { Id } = created.parse((await post(socket, '/containers/create', body)).json());
  const waiting = post(socket, `/containers/${Id}/wait?condition=next-exit`);
  await post(socket, `/containers/${Id}/start`);
  await waiting;
  const removed = await callApi(socket, `/containers/${Id}`, { method: 'DELETE' });
  if (removed.status !== 204) throw new Error(removed.text);
}

async function execTrue(socket: string, containerId: string): Promise<void> {
  const body = { Cmd: ['true'], AttachStdout: true, AttachStderr: true };
  const { Id } = created.parse((await post(socket, `/containers/${containerId}/exec`, body)).json());
  // The answer ends with the process.
  await post(socket, `/exec/${Id}/start`, { Detach: false, Tty: false });
  const { ExitCode } = z
    .object({ ExitCode: z.int() })
    .parse((await callApi(socket, `/exec/${Id}/json`)).json());
  if (ExitCode !== 0) throw new Error(`true ended with ${ExitCode}`);
}

async function post(socket: string, path: string, body?: unknown) {
  const reply = await callApi(socket, path, { method: 'POST', body, timeout: 120_000 });
  if (reply.status >= 300) throw new Error(`${path}: ${reply.status} ${reply.text}`);
  return reply;
}

/** Containers that are made already, all started at the same moment. */
export function manyAtOnce(engines: readonly Engine[], image: string): Promise<Comparison> {
  const ids = new Map<string, string[]>();
  return compare(engines, {
    name: `${MANY} containers started at once, bridge network, through the API`,
    runs: 5,
    limits: { Docker: 0.4 },
    before: async ({ name, socket }) => {
      await removeAll(socket, ids.get(name) ?? []);
      const made: string[] = [];
      for (let index = 0; index < MANY; index += 1) made.push(await createSleeper(socket, image));
      ids.set(name, made);
    },
    work: ({ name, socket }) =>
      Promise.all((ids.get(name) ?? []).map((id) => post(socket, `/containers/${id}/start`))),
    after: ({ name, socket }) => removeAll(socket, ids.get(name) ?? []),
  });
}

async function createSleeper(socket: string, image: string): Promise<string> {
  const body = { Image: image, Cmd: ['sleep', '100000'], StopSignal: 'SIGKILL' };
  return created.parse((await post(socket, '/containers/create', body)).json()).Id;
}

/** A few at a time: an engine that is slow at it must not run into a time limit. */
async function removeAll(socket: string, ids: readonly string[]): Promise<void> {
  const left = [...ids];
  const worker = async (): Promise<void> => {
    for (let id = left.pop(); id !== undefined; id = left.pop())
      await callApi(socket, `/containers/${id}?force=1&v=1`, { method: 'DELETE', timeout: 120_000 });
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

/** What one idle container costs in memory: its monitor, and what the daemon keeps of it. */
export async function memoryPerContainer(daemon: Daemon, image: string): Promise<boolean> {
  await warmUp(daemon, image);
  const before = await proportionalSet(daemon.pid);
  const ids: string[] = [];
  try {
    for (let index = 0; index < MANY; index += 1) {
      const id = await createSleeper(daemon.socket, image);
      ids.push(id);
      await post(daemon.socket, `/containers/${id}/start`);
    }
    const growth = ((await proportionalSet(daemon.pid)) - before) / MANY;
    const monitors = await Promise.all(ids.map((id) => monitorOf(daemon, id).then(proportionalSet)));
    const monitor = monitors.reduce((sum, size) => sum + size, 0) / MANY;
    const total = growth + monitor;
    console.log(`\nMemory of an idle container, mean of ${MANY}`);
    console.log(
      `  monitor ${monitor.toFixed(2)} MB + growth of the daemon ${growth.toFixed(2)} MB = ${total.toFixed(2)} MB, under ${IDLE_LIMIT}: ${total <= IDLE_LIMIT ? 'holds' : 'MISSED'}`,
    );
    return total <= IDLE_LIMIT;
  } finally {
    await removeAll(daemon.socket, ids);
  }
}

/** Code and caches that the first containers bring in are not what the fiftieth costs. */
async function warmUp({ socket }: Daemon, image: string): Promise<void> {
  for (let index = 0; index < 5; index += 1) await life(socket, image, 'bridge');
}

async function monitorOf({ runRoot }: Daemon, id: string): Promise<number> {
  return Number(await readFile(join(runRoot, 'containers', id, 'bundle', 'conmon.pid'), 'utf8'));
}

/** Megabytes. */
async function proportionalSet(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss:\s+(\d+)/m.exec(text)?.[1]) / 1024;
}

/** For machines where crun is the second choice. */
export async function hasCrun(): Promise<boolean> {
  return (await run('crun', ['--version']).catch(() => ({ code: 1 }))).code === 0;
}
