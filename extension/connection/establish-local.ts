import { isAsGood } from './bootstrap/bootstrap.ts';
import { readParts } from './bootstrap/parts.ts';
import { probe } from './bootstrap/probe.ts';
import type { LocalMachine } from '../machines/machine.ts';
import type { Ways } from './choose-transport.ts';
import { ConnectFailure } from './failure.ts';
import { LocalHost } from './local/local-host.ts';
import { localWays } from './local/local-ways.ts';
import { ping } from './ping.ts';
import { reachAgent, type Establishing } from './reach-agent.ts';
import type { Transport } from './transport.ts';

/** The agent of this machine: the one that answers, else the one that the bootstrap brings up. @throws ConnectFailure */
export async function establishLocal(machine: LocalMachine, context: Establishing): Promise<Transport> {
  if (process.platform !== 'linux') {
    throw new ConnectFailure(
      'unsupported-system',
      'containers need a Linux kernel: add a Linux host to strata.machines',
      { action: 'edit-machine' },
    );
  }
  const ways = localWays();
  const host = new LocalHost(machine.label);
  const { socket } = context.options.instance;
  const answers = await ping((signal) => ways.openSocket(socket, signal), 5000).then(
    () => true,
    () => false,
  );
  if (answers && (context.again || !(await isOutdated(host, context)))) return direct(ways, socket);
  if (context.again) {
    // Somebody on this machine has ended it, and meant it: it is only started when the user connects.
    throw new ConnectFailure('agent-silent', 'the agent of this machine has ended', { action: 'retry' });
  }
  return reachAgent(host, ways, context);
}

/** Only an agent that was installed by an older extension: one that runs from a checkout is left as it is. */
async function isOutdated(host: LocalHost, { options, signal }: Establishing): Promise<boolean> {
  try {
    const facts = await probe(host, options.instance, signal);
    if (facts.running === undefined || facts.arch === undefined) return false;
    const parts = await readParts(options.partsDirectory, facts.arch);
    return !isAsGood(facts, facts.running, parts) && (facts.root === 'self' || facts.root === 'sudo');
  } catch {
    // An agent that answers is better than none: whatever hinders a look at it is no reason to fail.
    return false;
  }
}

function direct(ways: Ways, socket: string): Transport {
  return {
    openApi: (signal) => ways.openSocket(socket, signal),
    openTcp: (host, port, signal) => ways.openTcp(host, port, signal),
    closed: ways.closed,
    end: () => ways.end(),
  };
}
