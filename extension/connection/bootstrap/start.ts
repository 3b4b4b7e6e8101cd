import { ConnectFailure } from '../failure.ts';
import type { Prompts } from '../prompts.ts';
import type { Host } from './host.ts';
import type { Instance } from './instance.ts';
import type { HostFacts, RunningAgent } from './probe.ts';
import { detachedScript, systemdScript } from './start-script.ts';

interface StartContext {
  host: Host;
  prompts: Prompts;
  instance: Instance;
  as: 'user' | 'sudo';
  signal: AbortSignal;
}

/** Starts the agent in place of the one that runs; containers go on. @throws ConnectFailure `agent-failed` with what it said last */
export async function startAgent(
  context: StartContext,
  facts: HostFacts,
  agent: RunningAgent,
): Promise<void> {
  const { host, prompts, instance, as, signal } = context;
  prompts.progress({ step: 'start', message: `starting the agent on ${host.name}` });
  const script =
    facts.systemd && instance.unit !== undefined
      ? systemdScript(instance, instance.unit, agent)
      : detachedScript(instance, agent);
  const { code, stderr } = await host.script(script, { as, timeoutMs: 60_000, signal });
  if (code === 0) return;
  const log = stderr.trim();
  throw new ConnectFailure('agent-failed', `the agent on ${host.name} did not start: ${said(log)}`, {
    action: 'show-log',
    log,
  });
}

/** The agent logs JSON lines; the message of the last one is what the user should read. */
function said(log: string): string {
  const last = log.split('\n').at(-1) ?? '';
  try {
    const line: unknown = JSON.parse(last);
    if (typeof line === 'object' && line !== null && 'msg' in line) return String(line.msg);
  } catch {
    // Not a log line: Node itself or the shell has spoken.
  }
  return last === '' ? 'it said nothing' : last;
}
