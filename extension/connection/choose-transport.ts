import type { Duplex } from 'node:stream';
import type { MultiplexSession } from '../../backend/api/wire/multiplex-session.ts';
import { agentCommand, type HostFacts, type RunningAgent } from './bootstrap/probe.ts';
import { quote, type Instance } from './bootstrap/instance.ts';
import { ConnectFailure } from './failure.ts';
import { openMultiplex } from './multiplex.ts';
import { ping } from './ping.ts';
import type { Transport } from './transport.ts';

/** What a machine offers for reaching its agent. */
export interface Ways {
  openSocket(path: string, signal?: AbortSignal): Promise<Duplex>;
  openTcp(host: string, port: number, signal?: AbortSignal): Promise<Duplex>;
  /** Starts a program there; its standard streams are the result. */
  spawn(command: string, said: (text: string) => void): Promise<Duplex>;
  readonly closed: Promise<Error>;
  end(): void;
}

export interface AgentPlace {
  instance: Instance;
  agent: RunningAgent;
  facts: HostFacts;
}

const TIMEOUT = 10_000;

/**
 * The socket itself where it can be forwarded and used; else one `stratad connect` with everything on it.
 * Which one works is tried, not guessed: sshd's settings and the user's groups are not to be seen from here.
 */
export async function chooseTransport(ways: Ways, place: AgentPlace): Promise<Transport> {
  const { socket } = place.instance;
  try {
    await ping((signal) => ways.openSocket(socket, signal), TIMEOUT);
    return direct(ways, place);
  } catch (error) {
    if (error instanceof ConnectFailure && error.code === 'not-connected') throw error;
  }
  const session = await startMultiplex(ways, place);
  await ping((signal) => session.open({ kind: 'api' }, signal), TIMEOUT);
  return {
    openApi: (signal) => session.open({ kind: 'api' }, signal),
    openTcp: (host, port, signal) => session.open({ kind: 'tcp', host, port }, signal),
    closed: Promise.race([session.closed, ways.closed]),
    end: () => {
      session.end(new Error('the connection was ended'));
      ways.end();
    },
  };
}

function direct(ways: Ways, place: AgentPlace): Transport {
  let session: Promise<MultiplexSession> | undefined;
  const openTcp: Transport['openTcp'] = async (host, port, signal) => {
    if (session === undefined) {
      try {
        return await ways.openTcp(host, port, signal);
      } catch (error) {
        if (!isForbidden(error)) throw error;
      }
    }
    // AllowTcpForwarding is off, but the socket may be forwarded: only ports go through the multiplex.
    session ??= startMultiplex(ways, place);
    session.catch(() => (session = undefined));
    return (await session).open({ kind: 'tcp', host, port }, signal);
  };
  return {
    openApi: (signal) => ways.openSocket(place.instance.socket, signal),
    openTcp,
    closed: ways.closed,
    end: () => ways.end(),
  };
}

/** RFC 4254, 5.1: 1 is "administratively prohibited". */
function isForbidden(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'reason' in cause && cause.reason === 1;
}

function startMultiplex(ways: Ways, { instance, agent, facts }: AgentPlace): Promise<MultiplexSession> {
  const sudo = facts.root === 'self' || facts.socketWritable ? '' : 'sudo -n ';
  const command = `exec ${sudo}${agentCommand(instance, agent)} connect --socket ${quote(instance.socket)}`;
  return openMultiplex((said) => ways.spawn(command, said), TIMEOUT);
}
