import type { LocalMachine } from '../machines/machine.ts';
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
      {
        action: 'edit-machine',
      },
    );
  }
  const ways = localWays();
  const { socket } = context.options.instance;
  try {
    await ping((signal) => ways.openSocket(socket, signal), 5000);
    // Whoever started it, possibly from a checkout: it is this machine's agent and is left as it is.
    return {
      openApi: (signal) => ways.openSocket(socket, signal),
      openTcp: (host, port, signal) => ways.openTcp(host, port, signal),
      closed: ways.closed,
      end: () => ways.end(),
    };
  } catch {
    // Somebody on this machine has ended it, and meant it: it is only started when the user connects.
    if (context.again)
      throw new ConnectFailure('agent-silent', 'the agent of this machine has ended', { action: 'retry' });
    return reachAgent(new LocalHost(machine.label), ways, context);
  }
}
