import { spawn } from 'node:child_process';

/**
 * Takes systemd's socket out of the environment and returns what tells systemd that the daemon is ready
 * (sd_notify(3)); does nothing where systemd did not ask for it. Whatever this process starts must not see the
 * variable: crun would wait for a message of the container's program on a socket of its own.
 */
export function takeNotifySocket(): () => void {
  const socket = process.env['NOTIFY_SOCKET'];
  delete process.env['NOTIFY_SOCKET'];
  return () => {
    if (!socket) return;
    // Node has no datagram unix sockets; systemd-notify is there wherever NOTIFY_SOCKET is.
    spawn('systemd-notify', ['--ready', `--pid=${process.pid}`], {
      stdio: 'ignore',
      env: { ...process.env, NOTIFY_SOCKET: socket },
    })
      .on('error', () => undefined)
      .unref();
  };
}
