import {
  layerChangesSchema,
  layerStackSchema,
  mergedTreeSchema,
} from '../../backend/api/wire/strata-layers.ts';
import type { Daemon } from '../support/start-daemon.ts';
import { startAgent } from './start-agent.ts';
import { fastest, median, timed } from './samples.ts';

const RUNS = 7;
const LIMIT = 200;

/** What the layer explorer asks for a 20,000-file image: the stack, a layer's changes, the whole merged tree. */
export async function layerExplorer(image: string): Promise<boolean> {
  await using daemon = await startAgent();
  await daemon.docker.ok(['pull', '-q', image]);
  const path = `/strata/v1/images/${image}`;
  const { layers } = layerStackSchema.parse(await get(daemon, `${path}/layers`));
  const top = layers.length - 1;
  const tree = mergedTreeSchema.parse(await get(daemon, `${path}/tree?recursive=1`));
  const opening = await sample(async () => {
    await get(daemon, `${path}/layers`);
    layerChangesSchema.parse(await get(daemon, `${path}/layers/${top}/changes`));
  });
  const whole = await sample(() => get(daemon, `${path}/tree?recursive=1`));
  await daemon.restart();
  const cold = await timed(() => get(daemon, `${path}/tree?recursive=1`));
  console.log(`\nLayer explorer, ${tree.entries.length} files in ${layers.length} layers`);
  line('stack and changes of one layer', opening);
  line('the whole merged tree', whole);
  line('the whole merged tree, first time after a start', [cold]);
  return [opening, whole, [cold]].every((times) => median(times) < LIMIT);
}

async function sample(work: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let run = 0; run < RUNS; run += 1) times.push(await timed(work));
  return times;
}

function line(name: string, times: readonly number[]): void {
  const middle = median(times);
  const spread = `${fastest(times).toFixed(0)}…${Math.max(...times).toFixed(0)}, ${times.length} runs`;
  const verdict = middle < LIMIT ? 'holds' : 'MISSED';
  console.log(
    `  ${name.padEnd(48)} ${middle.toFixed(0).padStart(4)} ms (${spread}), under ${LIMIT}: ${verdict}`,
  );
}

async function get(daemon: Daemon, path: string): Promise<unknown> {
  const reply = await daemon.call(path);
  if (reply.status !== 200) throw new Error(`GET ${path} was answered ${reply.status}: ${reply.text}`);
  return reply.json();
}
