import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { startAgent } from './start-agent.ts';

const SECONDS = 60;
const TICKS_PER_SECOND = 100;

/** The agent with nothing to do: its memory, and its processor time as it would be in ten minutes. */
export async function agentAtRest(): Promise<boolean> {
  await using daemon = await startAgent();
  await daemon.docker.ok(['ps']);
  await sleep(5_000);
  const before = await ticks(daemon.pid);
  await sleep(SECONDS * 1000);
  const used = (await ticks(daemon.pid)) - before;
  const resident =
    Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${daemon.pid}/status`, 'utf8'))?.[1]) / 1024;
  const inTenMinutes = (used / TICKS_PER_SECOND) * (600 / SECONDS);
  const holds = resident < 120 && inTenMinutes < 1;
  console.log('\nAgent at rest');
  console.log(`  resident   ${resident.toFixed(0)} MB, under 120: ${resident < 120 ? 'holds' : 'MISSED'}`);
  console.log(
    `  processor  ${inTenMinutes.toFixed(2)} s in 10 minutes (from ${SECONDS} s), under 1: ${inTenMinutes < 1 ? 'holds' : 'MISSED'}`,
  );
  return holds;
}

/** User and system time, all threads. */
async function ticks(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
