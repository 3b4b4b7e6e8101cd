import { bootstrap } from './bootstrap/bootstrap.ts';
import type { Host } from './bootstrap/host.ts';
import { chooseTransport, type Ways } from './choose-transport.ts';
import type { FullOptions } from './connect-options.ts';
import type { Prompts } from './prompts.ts';
import type { SessionSecrets } from './session-secrets.ts';
import type { Transport } from './transport.ts';

export interface Establishing {
  prompts: Prompts;
  secrets: SessionSecrets;
  options: FullOptions;
  signal: AbortSignal;
  /** This is not the first time for this connection. */
  again: boolean;
}

/** The right agent on the machine, installed and started where it has to be, and a way to its socket. */
export async function reachAgent(host: Host, ways: Ways, context: Establishing): Promise<Transport> {
  const { prompts, options, signal } = context;
  const { instance, partsDirectory } = options;
  let found: Transport | undefined;
  const { facts, agent } = await bootstrap({
    host,
    prompts,
    instance,
    partsDirectory,
    signal,
    again: context.again,
    answers: async (facts, agent) => {
      found = await chooseTransport(ways, { instance, facts, agent }).catch(() => undefined);
      return found !== undefined;
    },
  });
  prompts.progress({ step: 'connect', message: `connecting to the agent on ${host.name}` });
  return found ?? chooseTransport(ways, { instance, facts, agent });
}
