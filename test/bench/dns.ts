import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Daemon } from '../support/start-daemon.ts';
import { runOk } from '../support/run.ts';

const CLIENT = new URL('ask-names.ts', import.meta.url).pathname;
const RATE = 20_000;
const SECONDS = 10;
/** Milliseconds. */
const P99_LIMIT = 5;
const TICKS_PER_SECOND = 100;

const resultSchema = z.object({ sent: z.int(), answered: z.int(), median: z.number(), p99: z.number() });

/** One container of a user's network asks for the other, from its own network namespace. */
export async function namesOfContainers({ docker, pid }: Daemon, image: string): Promise<boolean> {
  await docker.ok(['network', 'create', 'bench-dns']);
  try {
    for (const name of ['bench-asked', 'bench-asking'])
      await docker.ok(['run', '-d', '--name', name, '--network', 'bench-dns', image, 'sleep', '100000']);
    const inside = await docker.ok(['inspect', '-f', '{{.State.Pid}}', 'bench-asking']);
    const before = await ticks(pid);
    const text = await runOk(
      'nsenter',
      [
        `--net=/proc/${inside.trim()}/ns/net`,
        process.execPath,
        CLIENT,
        'bench-asked',
        `${RATE}`,
        `${SECONDS}`,
      ],
      { timeout: 60_000 },
    );
    const used = ((await ticks(pid)) - before) / TICKS_PER_SECOND / (SECONDS + 1);
    return report(resultSchema.parse(JSON.parse(text)), used);
  } finally {
    await docker(['rm', '-f', 'bench-asked', 'bench-asking']);
    await docker(['network', 'rm', 'bench-dns']);
  }
}

function report({ sent, answered, median, p99 }: z.infer<typeof resultSchema>, cores: number): boolean {
  const lost = sent - answered;
  const holds = lost === 0 && p99 < P99_LIMIT && cores < 1;
  const verdict = holds ? 'holds' : 'MISSED';
  console.log(`\nNames of containers, ${RATE} questions a second for ${SECONDS} s`);
  console.log(
    `  median ${median.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms, ${lost} of ${sent} lost, ${cores.toFixed(2)} of a core;` +
      ` under ${P99_LIMIT} ms, none lost, one core: ${verdict}`,
  );
  return holds;
}

/** User and system time, all threads. */
async function ticks(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
