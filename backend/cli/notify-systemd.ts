import { spawn } from 'node:child_process';

/** Tells systemd that the daemon is ready (sd_notify(3)), where systemd asked for it. */
export function notifyReady(): void {
  if (!process.env['NOTIFY_SOCKET']) return;
  // Node has no datagram unix sockets; systemd-notify is there wherever NOTIFY_SOCKET is.
  spawn('systemd-notify', ['--ready', `--pid=${process.pid}`], { stdio: 'ignore' })
    .on('error', () => undefined)
    .unref();
}
