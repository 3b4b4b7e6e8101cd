import { readFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import ssh2, { type BaseAgent, type ParsedKey } from 'ssh2';
import type { SshTarget } from '../../machines/ssh-target.ts';
import { messageOf } from '../failure.ts';
import type { Prompts } from '../prompts.ts';
import type { SessionSecrets } from '../session-secrets.ts';

const { OpenSSHAgent, utils } = ssh2;

/** A way to prove who the user is with a key. */
export interface Identity {
  /** For messages: the file, or what the agent calls the key. */
  name: string;
  /** Asks for a passphrase where one is needed; `undefined` when the user gave none. */
  load(): Promise<ParsedKey | undefined>;
}

export interface Identities {
  /** Narrowed to the keys that the configuration allows; `undefined` where no agent answers. */
  agent: BaseAgent | undefined;
  agentKeys: number;
  files: Identity[];
  /** Sentences about keys that could not be used. */
  problems: string[];
}

export interface Unlocking {
  prompts: Pick<Prompts, 'passphrase'>;
  secrets: SessionSecrets;
}

export async function findIdentities(target: SshTarget, unlocking: Unlocking): Promise<Identities> {
  const problems: string[] = [];
  const files: Identity[] = [];
  const publicKeys: Buffer[] = [];
  for (const file of target.identityFiles) {
    const content = await readFile(file, 'utf8').catch(() => undefined);
    const publicKey = await readPublicKey(file, content);
    if (publicKey) publicKeys.push(publicKey);
    if (content === undefined) continue;
    files.push({ name: file, load: () => loadKey({ file, content }, unlocking, problems) });
  }
  const { agent, keys } = await openAgent(target, publicKeys);
  const held = new Set(keys.map((key) => key.getPublicSSH().toString('base64')));
  const covered = new Set<string>();
  for (const file of target.identityFiles) {
    // The agent has this key already unlocked: no passphrase is asked for.
    const publicKey = await readPublicKey(file, undefined);
    if (publicKey && held.has(publicKey.toString('base64'))) covered.add(file);
  }
  return { agent, agentKeys: keys.length, files: files.filter(({ name }) => !covered.has(name)), problems };
}

async function readPublicKey(file: string, content: string | undefined): Promise<Buffer | undefined> {
  const text = (await readFile(`${file}.pub`, 'utf8').catch(() => undefined)) ?? content;
  if (text === undefined) return undefined;
  const key = parse(text);
  return key instanceof Error ? undefined : key.getPublicSSH();
}

function parse(text: string, passphrase?: string): ParsedKey | Error {
  const key: unknown = utils.parseKey(text, passphrase);
  return (Array.isArray(key) ? key[0] : key) as ParsedKey | Error;
}

async function loadKey(
  { file, content }: { file: string; content: string },
  { prompts, secrets }: Unlocking,
  problems: string[],
): Promise<ParsedKey | undefined> {
  const plain = parse(content);
  if (!(plain instanceof Error)) return plain.isPrivateKey() ? plain : undefined;
  if (!/passphrase|encrypted/i.test(plain.message)) {
    problems.push(`${file} is not a key that can be read: ${plain.message}`);
    return undefined;
  }
  const secret = `passphrase:${file}`;
  const stored = await secrets.get(secret);
  if (stored !== undefined) {
    const key = parse(content, stored);
    if (!(key instanceof Error)) return key;
    await secrets.forget(secret);
  }
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const answer = await prompts.passphrase({ file, retry: attempt > 0 });
    if (answer === undefined) break;
    const key = parse(content, answer.value);
    if (key instanceof Error) continue;
    await secrets.accept(secret, answer);
    return key;
  }
  problems.push(`${file} was not unlocked`);
  return undefined;
}

interface OpenedAgent {
  agent: BaseAgent | undefined;
  keys: ParsedKey[];
}

/** `IdentitiesOnly` leaves only the keys that the configuration names; without it those come first. */
async function openAgent(target: SshTarget, wanted: readonly Buffer[]): Promise<OpenedAgent> {
  const { agentSocket } = target;
  if (agentSocket === undefined || !(await answers(agentSocket))) return { agent: undefined, keys: [] };
  const real = new OpenSSHAgent(agentSocket);
  const all = await listKeys(real).catch(() => []);
  const isWanted = (key: ParsedKey): boolean => wanted.some((one) => one.equals(key.getPublicSSH()));
  const rest = target.identitiesOnly ? [] : all.filter((key) => !isWanted(key));
  const keys = [...all.filter(isWanted), ...rest];
  if (keys.length === 0) return { agent: undefined, keys };
  // Only the list is narrowed: signing is the agent's.
  real.getIdentities = (done): void => done(undefined, keys);
  return { agent: real, keys };
}

function listKeys(agent: InstanceType<typeof OpenSSHAgent>): Promise<ParsedKey[]> {
  return new Promise((resolve, reject) => {
    agent.getIdentities((error, keys) => {
      if (error) reject(new Error(messageOf(error)));
      else resolve((keys ?? []).filter((key): key is ParsedKey => 'getPublicSSH' in key));
    });
  });
}

/** A socket of an agent that has ended would otherwise cost the whole time limit. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    const done = (alive: boolean) => (): void => {
      socket.destroy();
      resolve(alive);
    };
    socket.setTimeout(2000, done(false));
    socket.once('connect', done(true));
    socket.once('error', done(false));
  });
}
