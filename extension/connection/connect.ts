import type { Machine } from '../machines/machine.ts';
import type { Connection } from './connection.ts';
import { fullOptions, type ConnectOptions } from './connect-options.ts';
import { establishLocal } from './establish-local.ts';
import { establishSsh } from './establish-ssh.ts';
import { LiveConnection } from './live-connection.ts';
import { openLocalSocket } from './local-socket.ts';
import type { Prompts } from './prompts.ts';
import type { Establishing } from './reach-agent.ts';
import { SessionSecrets } from './session-secrets.ts';

/**
 * Connects to a machine: reaches it, brings the agent there and up where it is not, and keeps the way to it
 * alive until the connection is disposed. @throws ConnectFailure
 */
export async function connect(
  machine: Machine,
  prompts: Prompts,
  options: ConnectOptions,
): Promise<Connection> {
  const full = fullOptions(options);
  const secrets = new SessionSecrets(prompts.secrets);
  const live = new LiveConnection({
    name: machine.label,
    times: full.times,
    establish: (signal, again) => {
      const context: Establishing = { prompts, secrets, options: full, signal, again };
      return machine.kind === 'local' ? establishLocal(machine, context) : establishSsh(machine, context);
    },
  });
  const local = await openLocalSocket({
    open: (signal) => live.openApi(signal),
    directory: full.socketDirectory,
  });
  try {
    await live.start(options.signal);
  } catch (error) {
    await local[Symbol.asyncDispose]();
    throw error;
  }
  return {
    get state() {
      return live.state;
    },
    onStateChange: (listener) => live.onStateChange(listener),
    openApi: (signal) => live.openApi(signal),
    openTcp: (host, port, signal) => live.openTcp(host, port, signal),
    localSocket: local.path,
    [Symbol.asyncDispose]: async () => {
      await local[Symbol.asyncDispose]();
      await live[Symbol.asyncDispose]();
    },
  };
}
