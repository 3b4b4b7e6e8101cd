import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { SshMachine } from '../../../extension/machines/machine.ts';
import { freePort } from '../../support/free-port.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { waitFor } from '../../support/wait-for.ts';

const run = promisify(execFile);
const SSHD = '/usr/sbin/sshd';

/** A real sshd on loopback with host and user keys that live as long as it does. */
export interface Sshd extends AsyncDisposable {
  readonly directory: string;
  readonly port: number;
  /** A machine whose configuration file holds everything that ssh needs. */
  machine(options?: Partial<SshMachine> & { config?: string }): Promise<SshMachine>;
  /** Paths of the private keys. */
  readonly userKey: string;
  readonly hostKey: string;
  readonly knownHosts: string;
  /** The line of the current host key. */
  knownHostsLine(): Promise<string>;
  log(): string;
  /** Ends every connection that is open, as a network that goes away would; the listener stays. */
  dropConnections(): Promise<void>;
  /** The listener and every connection. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

export interface SshdOptions {
  /** Lines of sshd_config that go before ours: sshd takes the first of two values. */
  config?: string;
  user?: string;
}

export function sshdIsThere(): boolean {
  return existsSync(SSHD) && process.getuid?.() === 0;
}

export async function startSshd(options: SshdOptions = {}): Promise<Sshd> {
  const dir = await makeTempDir('strata-ssh-');
  // sshd wants its own directory for unprivileged children; Debian makes it in a unit that may not have run.
  await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  const port = await freePort();
  const files = await makeFiles(dir.path, port, options);
  let child: ChildProcess | undefined;
  let log = '';
  const start = async (): Promise<void> => {
    child = spawn(SSHD, ['-D', '-e', '-f', files.config], { stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr?.on('data', (chunk: Buffer) => {
      log += chunk.toString();
    });
    await waitFor('sshd listening', () => reachable(port), { timeout: 5000 });
  };
  const stop = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null) return;
    const sessions = await descendants(child.pid ?? 0);
    const ended = new Promise((resolve) => child?.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
    // Sessions outlive the listener.
    for (const pid of sessions) kill(pid);
  };
  await start();
  const dropConnections = async (): Promise<void> => {
    for (const pid of await descendants(child?.pid ?? 0)) kill(pid);
  };
  return {
    directory: dir.path,
    port,
    userKey: files.userKey,
    hostKey: files.hostKey,
    knownHosts: files.knownHosts,
    knownHostsLine: async () => `[127.0.0.1]:${port} ${await readFile(`${files.hostKey}.pub`, 'utf8')}`,
    log: () => log,
    machine: (more = {}) => machine(files, port, options, more),
    dropConnections,
    stop,
    start,
    [Symbol.asyncDispose]: async () => {
      await stop();
      await dir[Symbol.asyncDispose]();
    },
  };
}

interface Files {
  directory: string;
  config: string;
  userKey: string;
  hostKey: string;
  knownHosts: string;
}

async function makeFiles(directory: string, port: number, options: SshdOptions): Promise<Files> {
  const at = (name: string): string => join(directory, name);
  await chmod(directory, 0o755);
  for (const name of ['host', 'user']) await makeKey(at(name));
  await writeFile(at('authorized_keys'), await readFile(`${at('user')}.pub`));
  await writeFile(
    at('sshd_config'),
    `${options.config ?? ''}
ListenAddress 127.0.0.1
Port ${port}
HostKey ${at('host')}
AuthorizedKeysFile ${at('authorized_keys')}
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
PidFile none
LogLevel VERBOSE
`,
  );
  const files = { directory, config: at('sshd_config'), userKey: at('user'), hostKey: at('host') };
  return { ...files, knownHosts: at('known_hosts') };
}

export async function makeKey(path: string, passphrase = '', type = 'ed25519'): Promise<void> {
  await run('ssh-keygen', ['-q', '-t', type, '-N', passphrase, '-f', path]);
}

let machines = 0;

async function machine(
  files: Files,
  port: number,
  { user = 'root' }: SshdOptions,
  { config = '', ...more }: Partial<SshMachine> & { config?: string },
): Promise<SshMachine> {
  const configFile = join(files.directory, `config-${(machines += 1)}`);
  await writeFile(
    configFile,
    `Host box
  ${config.trim().split('\n').join('\n  ')}
  HostName 127.0.0.1
  Port ${port}
  User ${user}
  IdentityFile ${files.userKey}
  IdentityAgent none
  UserKnownHostsFile ${files.knownHosts}
  GlobalKnownHostsFile none
  HashKnownHosts no
`,
  );
  return { kind: 'ssh', id: 'ssh:box', label: 'box', host: 'box', origin: 'settings', configFile, ...more };
}

function reachable(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** sshd's own children alone: an agent that was started through it is a session leader of init by then. */
async function descendants(pid: number): Promise<number[]> {
  const { stdout } = await run('ps', ['-e', '-o', 'pid=,ppid=,comm=']);
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  return rows
    .filter(([, parent, name]) => Number(parent) === pid && name?.startsWith('sshd'))
    .map(([own]) => Number(own));
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
