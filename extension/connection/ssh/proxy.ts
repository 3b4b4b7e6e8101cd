import { spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { ChildStream } from '../child-stream.ts';
import { ConnectFailure } from '../failure.ts';

/** The standard input and output of the user's ProxyCommand, as the transport of an SSH connection. */
export function spawnProxyCommand(command: string): Duplex {
  // The shell becomes the command where that is a simple one, so that ending it ends the command.
  const line = process.platform === 'win32' || /[;&|]/.test(command) ? command : `exec ${command}`;
  const child = spawn(line, { shell: true, stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true });
  return new ChildStream(child, (why, said) => {
    const detail = said === '' ? '' : `: ${said}`;
    return new ConnectFailure('proxy-failed', `ProxyCommand ${why}${detail}`, { action: 'edit-machine' });
  });
}
