import type { Prompts } from '../prompts.ts';
import type { Host } from './host.ts';
import { installPackages } from './install-packages.ts';
import { installParts } from './install.ts';
import type { Instance } from './instance.ts';
import { readParts, type AgentParts } from './parts.ts';
import { probe, type HostFacts, type RunningAgent } from './probe.ts';
import { checkSystem, missingPrograms, rootOf } from './requirements.ts';
import { startAgent } from './start.ts';
import { uploadParts } from './upload.ts';

export interface BootstrapContext {
  host: Host;
  prompts: Prompts;
  instance: Instance;
  /** Directory of `manifest.json` and the archives. */
  partsDirectory: string;
  /** After a loss: whatever agent runs now is taken as it is, or two windows of different age would replace it in turn. */
  again: boolean;
  /** Whether the agent that runs answers on its socket. */
  answers(facts: HostFacts, running: RunningAgent): Promise<boolean>;
  signal: AbortSignal;
}

export interface Bootstrapped {
  facts: HostFacts;
  agent: RunningAgent;
  /** What had to be done; empty when the right agent ran already. */
  did: ('packages' | 'upload' | 'install' | 'start')[];
}

/** Brings a machine to the point where the right agent runs on it, doing only what is not done yet. */
export async function bootstrap(context: BootstrapContext): Promise<Bootstrapped> {
  const { host, prompts, instance, signal } = context;
  prompts.progress({ step: 'probe', message: `looking at ${host.name}` });
  let facts = await probe(host, instance, signal);
  checkSystem(host.name, facts);
  const parts = await readParts(context.partsDirectory, facts.arch ?? 'x64');
  const agent = { runtime: parts.runtime.digest, bundle: parts.bundle.digest };
  const { running } = facts;
  if (
    running &&
    (context.again || isAsGood(facts, running, parts)) &&
    (await context.answers(facts, running))
  ) {
    return { facts, agent: running, did: [] };
  }

  const did: Bootstrapped['did'] = [];
  const as = rootOf(host.name, facts);
  const missing = missingPrograms(facts);
  if (missing.length > 0) {
    await installPackages(context, facts, missing);
    facts = await probe(host, instance, signal);
    did.push('packages');
  }
  const wanted = [parts.runtime, parts.bundle].filter(({ digest }) => !facts.installed.has(digest));
  const toSend = wanted.filter(({ digest }) => !facts.uploaded.has(digest));
  if (toSend.length > 0) {
    await uploadParts(context, facts.uploads, toSend);
    did.push('upload');
  }
  if (wanted.length > 0) {
    await installParts({ ...context, as }, facts.uploads, wanted);
    did.push('install');
  }
  await startAgent({ ...context, as }, facts, agent);
  did.push('start');
  return { facts, agent, did };
}

/** The very same parts, or those of a newer extension: records only ever migrate forward. */
export function isAsGood(facts: HostFacts, running: RunningAgent, parts: AgentParts): boolean {
  const same = running.runtime === parts.runtime.digest && running.bundle === parts.bundle.digest;
  return same || isNewer(facts.installed.get(running.bundle) ?? '', parts.version);
}

function isNewer(version: string, than: string): boolean {
  return version !== than && version.localeCompare(than, 'en', { numeric: true }) > 0;
}
