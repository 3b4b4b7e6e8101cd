import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { tryCommand } from '../../linux/run-command.ts';
import { containerBundle, type BundlePaths } from '../conmon/bundle-paths.ts';
import type { RuntimeContext } from '../context.ts';
import { sweepExecs } from '../exec/sweep-execs.ts';
import { findProcesses, readExit } from '../monitor-state.ts';
import type { MonitoredContainer, Runtime } from '../runtime.ts';

type Adopted = Awaited<ReturnType<Runtime['adopt']>>;

/** A create that the daemon's death cut off goes on in conmon and crun; it takes milliseconds. */
const CREATION_LOOKS = 50;
const CREATION_PAUSE = 100;

/** What is left of a container after the daemon's restart, from its bundle and the kernel alone. */
export async function adoptContainer(context: RuntimeContext, id: string): Promise<Adopted> {
  const bundle = containerBundle(context.layout, id);
  if (!existsSync(bundle.directory)) return { state: 'gone' };
  const monitored = await settledProcesses(bundle, id);
  if (readExit(bundle, id)) return { state: 'exited', status: await context.exits.watch(id, monitored) };
  if (monitored.init.pid === 0) return { state: 'gone' };
  void context.exits.watch(id, monitored);
  await sweepExecs(context, id);
  return { state: await stateOf(context, id), monitored };
}

/** The processes, once a creation under way has come to its end one way or the other. */
async function settledProcesses(bundle: BundlePaths, id: string): Promise<MonitoredContainer> {
  let processes = findProcesses(bundle, id);
  for (let look = 0; look < CREATION_LOOKS; look += 1) {
    const underWay = processes.conmon.pid > 0 && processes.init.pid === 0 && !readExit(bundle, id);
    if (!underWay) break;
    await sleep(CREATION_PAUSE);
    processes = findProcesses(bundle, id);
  }
  return processes;
}

const stateSchema = z.object({ status: z.string() });

async function stateOf(
  { lowLevel, stateRoot }: RuntimeContext,
  id: string,
): Promise<'running' | 'paused' | 'created'> {
  const { code, stdout } = await tryCommand(lowLevel.path, ['--root', stateRoot, 'state', id]);
  if (code !== 0) return 'running';
  const { status } = stateSchema.parse(JSON.parse(stdout));
  return status === 'created' || status === 'paused' ? status : 'running';
}
