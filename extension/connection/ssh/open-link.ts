import type { Duplex } from 'node:stream';
import ssh2, { type AuthHandlerMiddleware, type Client, type ConnectConfig } from 'ssh2';
import type { SshTarget } from '../../machines/ssh-target.ts';
import { cancelled, ConnectFailure, messageOf } from '../failure.ts';
import type { Prompts } from '../prompts.ts';
import type { SessionSecrets } from '../session-secrets.ts';
import { Authentication } from './authentication.ts';
import { createHostKeyCheck, type HostKeyCheck } from './host-key.ts';
import { SshLink } from './link.ts';
import { Patience } from './patience.ts';
import { spawnProxyCommand } from './proxy.ts';

export interface LinkOptions {
  prompts: Prompts;
  secrets: SessionSecrets;
  /** The configuration of a jump host, given as `[user@]host[:port]`. */
  resolveJump(spec: string, target: SshTarget): Promise<SshTarget>;
  keepaliveMs: number;
  signal: AbortSignal;
}

/** Connects and authenticates, through jump hosts or a proxy command where configured. @throws ConnectFailure */
export async function openSshLink(target: SshTarget, options: LinkOptions): Promise<SshLink> {
  const jumps: SshLink[] = [];
  try {
    let hop: SshLink | undefined;
    // A jump host's own jumps are not followed: the list is the whole way, as ssh has it.
    for (const spec of target.proxyJump) {
      hop = await openOne(await options.resolveJump(spec, target), hop, options);
      jumps.push(hop);
    }
    const link = await openOne(target, hop, options);
    void link.closed.then(() => jumps.reverse().forEach((jump) => jump.end()));
    return link;
  } catch (error) {
    for (const jump of jumps) jump.end();
    throw error;
  }
}

async function openOne(
  target: SshTarget,
  through: SshLink | undefined,
  options: LinkOptions,
): Promise<SshLink> {
  const { signal } = options;
  if (signal.aborted) throw cancelled();
  options.prompts.progress({ step: 'reach', message: `connecting to ${target.hostName}` });
  const sock = await transport(target, through, signal);
  const client = new ssh2.Client();
  // Registered at once: an error without a listener ends the process.
  const link = new SshLink(client, target.hostName);
  let failure: unknown;
  const give = (reason: unknown): void => {
    failure ??= reason;
    client.destroy();
    sock?.destroy();
  };
  // A proxy that fails before ssh2 listens to it would end the process.
  sock?.on('error', give);
  const patience = new Patience(target.connectTimeoutMs, () => give(timedOut(target)));
  const abort = (): void => give(cancelled());
  signal.addEventListener('abort', abort, { once: true });
  const prompts = patience.around(options.prompts);
  try {
    const hostKey = await createHostKeyCheck(target, prompts);
    const authentication = new Authentication(target, prompts, options.secrets);
    if (failure !== undefined) throw failure;
    const parts = { target, hostKey, authentication, patience, give };
    await ready(client, { ...config(parts, options.keepaliveMs), ...(sock ? { sock } : {}) }, patience);
    await authentication.succeeded();
    return link;
  } catch (error) {
    give(toFailure(target, error));
    throw failure;
  } finally {
    patience.end();
    signal.removeEventListener('abort', abort);
  }
}

async function transport(
  target: SshTarget,
  through: SshLink | undefined,
  signal: AbortSignal,
): Promise<Duplex | undefined> {
  if (through) return through.openTcp(target.hostName, target.port, signal);
  return target.proxyCommand === undefined ? undefined : spawnProxyCommand(target.proxyCommand);
}

interface Parts {
  target: SshTarget;
  hostKey: HostKeyCheck;
  authentication: Authentication;
  patience: Patience;
  give(reason: unknown): void;
}

function config(
  { target, hostKey, authentication, patience, give }: Parts,
  keepaliveMs: number,
): ConnectConfig {
  const authHandler: AuthHandlerMiddleware = (left, _partial, next) => {
    patience.restart();
    // ssh2 asks with null at first and takes false for "nothing is left"; its types know neither.
    const answer = next as (method: unknown) => void;
    authentication
      .next(left as typeof left | null)
      .then((method) => (method === undefined ? give(authentication.failure()) : answer(method)), give);
  };
  return {
    host: target.hostName,
    port: target.port,
    username: target.user,
    algorithms: { serverHostKey: hostKey.algorithms },
    hostVerifier: (key: Buffer, verify: (valid: boolean) => void): void => {
      hostKey.verify(key).then(
        () => verify(true),
        (error: unknown) => give(error),
      );
    },
    authHandler,
    keepaliveInterval: keepaliveMs,
    keepaliveCountMax: 3,
    // Ours stands still while the user answers a question.
    readyTimeout: 0,
  };
}

function ready(client: Client, config: ConnectConfig, patience: Patience): Promise<void> {
  return new Promise((resolve, reject) => {
    let last: Error | undefined;
    client.once('ready', resolve);
    client.on('connect', () => patience.restart());
    client.on('handshake', () => patience.restart());
    client.on('error', (error: Error & { level?: string }) => {
      // The agent refusing one key is no failure: the next one is tried.
      if (error.level !== 'agent') last = error;
      if (error.level === 'client-socket') reject(error);
    });
    client.once('close', () => reject(last ?? new Error('the connection was closed during the handshake')));
    client.connect(config);
    client.setNoDelay(true);
  });
}

function timedOut({ hostName, port, connectTimeoutMs }: SshTarget): ConnectFailure {
  const seconds = Math.round(connectTimeoutMs / 1000);
  return new ConnectFailure('host-timeout', `${hostName} port ${port} did not answer within ${seconds} s`, {
    action: 'retry',
  });
}

const unreachable: Record<string, string> = {
  ENOTFOUND: 'its name cannot be resolved',
  EAI_AGAIN: 'its name cannot be resolved at the moment',
  ECONNREFUSED: 'nothing listens on that port (is sshd running?)',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
  ETIMEDOUT: 'it did not answer',
  ECONNRESET: 'it closed the connection',
};

function toFailure(target: SshTarget, error: unknown): ConnectFailure {
  if (error instanceof ConnectFailure) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const why = unreachable[code];
  const where = `${target.hostName} port ${target.port}`;
  if (why !== undefined) {
    return new ConnectFailure('host-unreachable', `${where} cannot be reached: ${why}`, {
      action: 'edit-machine',
      cause: error,
    });
  }
  if (/too many authentication failures/i.test(messageOf(error))) {
    return new ConnectFailure(
      'auth-refused',
      `${target.hostName} ended the connection after too many keys: set IdentitiesOnly and IdentityFile for this host`,
      { action: 'choose-key', cause: error },
    );
  }
  return new ConnectFailure('ssh-protocol', `the SSH connection to ${where} failed: ${messageOf(error)}`, {
    action: 'retry',
    cause: error,
  });
}
