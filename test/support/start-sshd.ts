import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { runOk } from './run.ts';
import { startProcess } from './start-process.ts';
import { makeTempDir } from './temp-dir.ts';

export interface Sshd extends AsyncDisposable {
  readonly host: '127.0.0.1';
  readonly port: number;
  readonly user: string;
  /** The private key that may log in. */
  readonly identityFile: string;
  /** `SHA256:…` of the host key, as a user would compare it. */
  readonly fingerprint: string;
  /** A client configuration that keeps out the user's own known hosts, keys and agents. */
  readonly configFile: string;
  readonly directory: string;
  output(): string;
}

/** A real OpenSSH server on loopback with a throw-away host key and user key. `options` are lines of sshd_config. */
export async function startSshd(options: readonly string[] = []): Promise<Sshd> {
  const dir = await makeTempDir('strata-sshd-');
  try {
    const keys = await makeKeys(dir.path);
    const port = await freePort();
    const config = await writeConfig(dir.path, port, options);
    // sshd wants this directory for its unprivileged child, and must be called by its full path.
    if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
    const server = await startProcess('/usr/sbin/sshd', ['-D', '-e', '-f', config], {
      ready: () => accepts(port),
    });
    return {
      host: '127.0.0.1',
      port,
      user: userInfo().username,
      directory: dir.path,
      output: () => server.output(),
      [Symbol.asyncDispose]: async () => {
        await server[Symbol.asyncDispose]();
        await dir[Symbol.asyncDispose]();
      },
      ...keys,
    };
  } catch (error) {
    await dir[Symbol.asyncDispose]();
    throw error;
  }
}

async function makeKeys(directory: string) {
  const hostKey = join(directory, 'host_key');
  const identityFile = join(directory, 'user_key');
  for (const file of [hostKey, identityFile]) {
    await runOk('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'throw-away', '-f', file]);
  }
  await writeFile(join(directory, 'authorized_keys'), await readFile(`${identityFile}.pub`), { mode: 0o600 });
  // mkdtemp makes 0700; sshd reads the keys as the user, but checks who could write to the way there.
  await chmod(directory, 0o755);
  const said = await runOk('ssh-keygen', ['-l', '-f', `${hostKey}.pub`]);
  const configFile = join(directory, 'ssh_config');
  const knownHosts = join(directory, 'known_hosts');
  const client = [
    'Host *',
    `UserKnownHostsFile ${knownHosts}`,
    'GlobalKnownHostsFile none',
    'IdentityAgent none',
  ];
  await writeFile(configFile, `${client.join('\n  ')}\n`);
  return { identityFile, configFile, fingerprint: said.split(' ')[1] ?? '' };
}

async function writeConfig(directory: string, port: number, options: readonly string[]): Promise<string> {
  const path = join(directory, 'sshd_config');
  const lines = [
    // The first of two values counts for sshd, so the caller's come first.
    ...options,
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${join(directory, 'host_key')}`,
    `AuthorizedKeysFile ${join(directory, 'authorized_keys')}`,
    `PidFile ${join(directory, 'sshd.pid')}`,
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin prohibit-password',
    'UsePAM no',
    // /var/tmp is open to all, with the sticky bit: that is enough here, and sshd does not know it.
    'StrictModes no',
    'AllowTcpForwarding yes',
    'AllowStreamLocalForwarding yes',
    'Subsystem sftp internal-sftp',
  ];
  await writeFile(path, `${lines.join('\n')}\n`);
  return path;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    socket.once('data', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
    socket.setTimeout(2_000, () => {
      socket.destroy();
      resolve(false);
    });
  });
}
