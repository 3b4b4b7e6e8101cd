import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse as parseSshConfig } from 'ssh-config';
import type { SshMachine } from './machine.ts';
import type { SshTarget } from './ssh-target.ts';

const run = promisify(execFile);
type Settings = ReadonlyMap<string, string[]>;

/** The configuration that `ssh` itself would use; where there is no ssh, what the `ssh-config` package makes of the file. */
export async function effectiveConfig(machine: SshMachine): Promise<SshTarget> {
  const settings = (await fromSsh(machine)) ?? (await fromFile(machine));
  return toTarget(machine, settings);
}

async function fromSsh(machine: SshMachine): Promise<Settings | undefined> {
  const args = ['-G'];
  if (machine.configFile) args.push('-F', machine.configFile);
  if (machine.user) args.push('-l', machine.user);
  if (machine.port) args.push('-p', String(machine.port));
  if (machine.identityFile) args.push('-i', machine.identityFile);
  if (machine.proxyJump) args.push('-J', machine.proxyJump);
  try {
    const { stdout } = await run('ssh', [...args, '--', machine.host], { timeout: 10_000 });
    return parseSshG(stdout);
  } catch (error) {
    // 255 is ssh refusing its own configuration: that is worth a message, a missing ssh is not.
    if (error instanceof Error && 'stderr' in error && 'code' in error && error.code === 255) {
      throw new Error(`ssh cannot read its configuration: ${String(error.stderr).trim()}`, { cause: error });
    }
    return undefined;
  }
}

export function parseSshG(output: string): Settings {
  const settings = new Map<string, string[]>();
  for (const line of output.split(/\r?\n/)) {
    const at = line.indexOf(' ');
    if (at > 0) add(settings, line.slice(0, at), line.slice(at + 1));
  }
  return settings;
}

async function fromFile(machine: SshMachine): Promise<Settings> {
  const settings = new Map<string, string[]>();
  if (machine.user) add(settings, 'user', machine.user);
  if (machine.port) add(settings, 'port', String(machine.port));
  if (machine.identityFile) add(settings, 'identityfile', machine.identityFile);
  if (machine.proxyJump) add(settings, 'proxyjump', machine.proxyJump);
  const file = machine.configFile ?? join(homedir(), '.ssh', 'config');
  const text = await readFile(file, 'utf8').catch(() => '');
  for (const [key, value] of Object.entries(parseSshConfig(text).compute(machine.host))) {
    const name = key.toLowerCase();
    // What the machine's entry says goes first, and ssh takes the first of two values.
    if (settings.has(name) && name !== 'identityfile') continue;
    for (const one of Array.isArray(value) ? value : [value]) add(settings, name, one);
  }
  return settings;
}

function add(settings: Map<string, string[]>, key: string, value: string): void {
  const values = settings.get(key.toLowerCase());
  if (values) values.push(value);
  else settings.set(key.toLowerCase(), [value]);
}

function toTarget(machine: SshMachine, settings: Settings): SshTarget {
  const first = (key: string): string | undefined => settings.get(key)?.[0];
  const hostName = (first('hostname') ?? machine.host).replaceAll('%h', machine.host);
  const user = first('user') ?? userInfo().username;
  const port = Number(first('port') ?? 22);
  const expand = (text: string): string => expandTokens(text, { machine, hostName, user, port });
  const files = (key: string, fallback: string[]): string[] =>
    (settings.get(key)?.flatMap((line) => line.split(/\s+/)) ?? fallback)
      .filter((file) => file !== 'none')
      .map(expand);
  const jump = first('proxyjump');
  const command = first('proxycommand');
  return {
    alias: machine.label,
    hostName,
    port,
    user,
    identityFiles: identityFiles(machine, settings).map(expand),
    methods: methods(first),
    identitiesOnly: first('identitiesonly') === 'yes',
    agentSocket: agentSocket(first('identityagent'), expand),
    userKnownHosts: files('userknownhostsfile', ['~/.ssh/known_hosts', '~/.ssh/known_hosts2']),
    globalKnownHosts: files('globalknownhostsfile', [
      '/etc/ssh/ssh_known_hosts',
      '/etc/ssh/ssh_known_hosts2',
    ]),
    hostKeyAlias: first('hostkeyalias'),
    unknownHostKey: unknownHostKey(first('stricthostkeychecking')),
    hashKnownHosts: first('hashknownhosts') === 'yes',
    proxyJump: jump === undefined || jump === 'none' ? [] : jump.split(','),
    proxyCommand: command === undefined || command === 'none' ? undefined : expand(command),
    connectTimeoutMs: timeoutMs(first('connecttimeout')),
    configFile: machine.configFile,
    unsupported: ['certificatefile', 'pkcs11provider'].filter((key) => isSet(first(key))),
  };
}

function methods(first: (key: string) => string | undefined): SshTarget['methods'] {
  const all = new Set<'publickey' | 'keyboard-interactive' | 'password'>();
  if (first('pubkeyauthentication') !== 'no' && first('pubkeyauthentication') !== 'false')
    all.add('publickey');
  if (first('kbdinteractiveauthentication') !== 'no') all.add('keyboard-interactive');
  if (first('passwordauthentication') !== 'no') all.add('password');
  return all;
}

const isSet = (value: string | undefined): boolean => value !== undefined && value !== 'none';

/** `ssh -G` leaves out a file that is not there; the one that the user named is kept, to say that it is missing. */
function identityFiles({ identityFile }: SshMachine, settings: Settings): string[] {
  const names = ['id_ed25519', 'id_ecdsa', 'id_rsa'];
  const files = settings.get('identityfile') ?? names.map((name) => `~/.ssh/${name}`);
  const all = identityFile === undefined ? files : [identityFile, ...files];
  return [...new Set(all)].filter((file) => file !== 'none');
}

function agentSocket(setting: string | undefined, expand: (text: string) => string): string | undefined {
  if (setting === 'none') return undefined;
  if (setting === undefined || setting === 'SSH_AUTH_SOCK') {
    const fallback = process.platform === 'win32' ? String.raw`\\.\pipe\openssh-ssh-agent` : undefined;
    return process.env['SSH_AUTH_SOCK'] ?? fallback;
  }
  return setting.startsWith('$') ? process.env[setting.slice(1).replace(/[{}]/g, '')] : expand(setting);
}

function unknownHostKey(setting: string | undefined): SshTarget['unknownHostKey'] {
  if (setting === 'yes' || setting === 'true') return 'refuse';
  if (setting === 'accept-new' || setting === 'no' || setting === 'false' || setting === 'off')
    return 'accept';
  return 'ask';
}

function timeoutMs(setting: string | undefined): number {
  const seconds = Number(setting);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 15_000;
}

interface Names {
  machine: SshMachine;
  hostName: string;
  user: string;
  port: number;
}

function expandTokens(text: string, { machine, hostName, user, port }: Names): string {
  const home = homedir();
  const local = userInfo();
  const tokens: Record<string, string> = {
    '%%': '%',
    '%h': hostName,
    '%n': machine.host,
    '%p': String(port),
    '%r': user,
    '%d': home,
    '%u': local.username,
    '%i': String(local.uid),
  };
  const unquoted = text.replace(/^"(.*)"$/, '$1');
  const full = unquoted.startsWith('~/') ? join(home, unquoted.slice(2)) : unquoted;
  return full.replace(/%./g, (token) => tokens[token] ?? token);
}
