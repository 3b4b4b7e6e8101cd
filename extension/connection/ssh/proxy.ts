import { spawn } from 'node:child_process';
import { Duplex } from 'node:stream';
import { ConnectFailure } from '../failure.ts';

/** The standard input and output of the user's ProxyCommand, as the transport of an SSH connection. */
export function spawnProxyCommand(command: string): Duplex {
  const child = spawn(process.platform === 'win32' ? command : `exec ${command}`, {
    shell: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = `${said}${chunk.toString()}`.slice(-2000);
  });
  const stream = Duplex.from({ readable: child.stdout, writable: child.stdin });
  const fail = (why: string): void => {
    const detail = said.trim() === '' ? '' : `: ${said.trim()}`;
    stream.destroy(
      new ConnectFailure('proxy-failed', `ProxyCommand ${why}${detail}`, { action: 'edit-machine' }),
    );
  };
  child.once('error', (error) => fail(`cannot be started: ${error.message}`));
  child.once('exit', (code) => {
    if (code !== 0 && code !== null) fail(`ended with exit code ${code}`);
  });
  stream.once('close', () => child.kill());
  return stream;
}
