import type { ServerHostKeyAlgorithm } from 'ssh2';
import type { SshTarget } from '../../machines/ssh-target.ts';
import { ConnectFailure } from '../failure.ts';
import type { Prompts } from '../prompts.ts';
import {
  appendKnownHost,
  fingerprint,
  keyTypeOf,
  lookupName,
  readKnownHosts,
  type KnownHost,
} from './known-hosts.ts';

/** Decides about the key that a host shows. */
export interface HostKeyCheck {
  /** What to offer to the host, in order: a host that we know is asked for a key that we know. */
  readonly algorithms: ServerHostKeyAlgorithm[];
  /** @throws ConnectFailure `host-key-…` when the key is not to be trusted. */
  verify(key: Buffer): Promise<void>;
}

export async function createHostKeyCheck(target: SshTarget, prompts: Prompts): Promise<HostKeyCheck> {
  const files = [...target.userKnownHosts, ...target.globalKnownHosts];
  const host = target.hostKeyAlias ?? target.hostName;
  const name = target.hostKeyAlias ?? lookupName(host, target.port);
  const known = await readKnownHosts(files, name);
  // ssh accepts a key that is known for the host on its standard port.
  const elsewhere = name === host ? [] : await readKnownHosts(files, host);
  return {
    algorithms: preferKnown([...known, ...elsewhere]),
    verify: async (key) => {
      refuseRevoked(target, [...known, ...elsewhere], key);
      if ([...known, ...elsewhere].some((line) => isPlain(line) && line.key.equals(key))) return;
      refuseChanged(target, known, key);
      await decideUnknown(target, prompts, { key, name, known });
    },
  };
}

const isPlain = (line: KnownHost): boolean => line.marker === 'none';

const defaults: readonly ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
  'ssh-rsa',
];

function preferKnown(lines: readonly KnownHost[]): ServerHostKeyAlgorithm[] {
  const types = new Set(lines.filter(isPlain).map(({ keyType }) => keyType));
  const isKnown = (algorithm: string): boolean =>
    types.has(algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm);
  return [...defaults.filter(isKnown), ...defaults.filter((algorithm) => !isKnown(algorithm))];
}

function refuseRevoked(target: SshTarget, lines: readonly KnownHost[], key: Buffer): void {
  const line = lines.find(({ marker, key: revoked }) => marker === 'revoked' && revoked.equals(key));
  if (line === undefined) return;
  throw new ConnectFailure(
    'host-key-revoked',
    `${target.hostName} showed the key ${fingerprint(key)}, which ${line.location} marks as revoked. The connection was refused.`,
    { action: 'open-known-hosts', location: line.location },
  );
}

function refuseChanged(target: SshTarget, known: readonly KnownHost[], key: Buffer): void {
  const type = keyTypeOf(key);
  const line = known.find((line) => isPlain(line) && line.keyType === type);
  if (line === undefined) return;
  throw new ConnectFailure(
    'host-key-changed',
    `the ${type} host key of ${target.hostName} has changed: known is ${fingerprint(line.key)} (${line.location}), ` +
      `shown was ${fingerprint(key)}. Either the machine was set up anew, or somebody is in between. ` +
      `The connection was refused; if you know why the key changed, remove that line and connect again.`,
    { action: 'open-known-hosts', location: line.location },
  );
}

interface Unknown {
  key: Buffer;
  name: string;
  known: readonly KnownHost[];
}

async function decideUnknown(
  target: SshTarget,
  prompts: Prompts,
  { key, name, known }: Unknown,
): Promise<void> {
  if (target.unknownHostKey === 'refuse') {
    throw new ConnectFailure(
      'host-key-declined',
      `the host key of ${target.hostName} is not known (${fingerprint(key)}), and StrictHostKeyChecking does not let you add it`,
      { action: 'open-known-hosts', location: target.userKnownHosts[0] },
    );
  }
  if (target.unknownHostKey === 'ask' && !(await ask(target, prompts, key, known))) {
    throw new ConnectFailure('host-key-declined', `the host key of ${target.hostName} was not accepted`, {
      action: 'retry',
    });
  }
  const file = target.userKnownHosts[0];
  if (file !== undefined) await appendKnownHost(file, name, key, target.hashKnownHosts);
}

function ask(
  target: SshTarget,
  prompts: Prompts,
  key: Buffer,
  known: readonly KnownHost[],
): Promise<boolean> {
  const notes = known.map(({ marker, keyType, key, location }) =>
    marker === 'cert-authority'
      ? `${location} trusts a certificate authority (@cert-authority) for this host. Strata does not support host certificates, so the host's plain key is shown here.`
      : `${location} knows another kind of key for this host: ${keyType} ${fingerprint(key)}. The host did not show it.`,
  );
  return prompts.trustHostKey({
    host: target.hostName,
    port: target.port,
    keyType: keyTypeOf(key),
    fingerprint: fingerprint(key),
    notes,
  });
}
