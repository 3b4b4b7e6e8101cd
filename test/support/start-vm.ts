import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureVmImage } from '../setup/vm-image.ts';
import { freePort } from './free-port.ts';
import { run, runOk } from './run.ts';
import { startProcess } from './start-process.ts';
import { makeTempDir } from './temp-dir.ts';
import { waitFor } from './wait-for.ts';

export interface Vm extends AsyncDisposable {
  readonly host: '127.0.0.1';
  readonly port: number;
  readonly user: 'root';
  readonly identityFile: string;
  /** Runs a script in the guest's shell. @throws when it fails, with what it said */
  sh(script: string, timeout?: number): Promise<string>;
  /** Makes a port of this machine's loopback reachable at the same port of the guest's. */
  lend(port: number): Promise<AsyncDisposable>;
  /** Restarts the guest's system; back when it can be logged in to. */
  reboot(): Promise<void>;
  /** What the guest wrote to its serial console. */
  console(): string;
}

/** Software emulation on two busy cores: a boot takes 50 s and may take three minutes. */
const BOOT_TIMEOUT = 300_000;

/** A Debian trixie with systemd under QEMU. Its disk is thrown away with it. */
export async function startVm(): Promise<Vm> {
  const image = await ensureVmImage();
  const dir = await makeTempDir('strata-vm-');
  const port = await freePort();
  const options = sshOptions(port, image.identityFile);
  try {
    const machine = await startProcess('qemu-system-x86_64', qemuArguments(image, port), {
      // snapshot=on keeps what the guest writes in a file of this directory.
      env: { ...process.env, TMPDIR: dir.path },
      ready: () => speaksSsh(port),
      timeout: BOOT_TIMEOUT,
    });
    const sh = (script: string, timeout = 60_000): Promise<string> =>
      runOk('ssh', [...options, 'root@127.0.0.1', script], { timeout });
    return {
      host: '127.0.0.1',
      port,
      user: 'root',
      identityFile: image.identityFile,
      sh,
      lend: (lent) => lend(options, lent),
      reboot: () => reboot(sh, options),
      console: () => machine.output(),
      [Symbol.asyncDispose]: async () => {
        await machine.end('SIGKILL');
        await dir[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await dir[Symbol.asyncDispose]();
    throw error;
  }
}

function qemuArguments(image: { disk: string; kernel: string; initrd: string }, port: number): string[] {
  return [
    // Where KVM exists it may hang the guest; emulation works everywhere.
    ['-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', '2', '-m', '1536'],
    ['-display', 'none', '-serial', 'stdio', '-monitor', 'none'],
    ['-kernel', image.kernel, '-initrd', image.initrd],
    ['-append', 'root=/dev/vda rw console=ttyS0 net.ifnames=0 quiet'],
    ['-drive', `file=${image.disk},format=raw,if=virtio,snapshot=on`],
    ['-netdev', `user,id=n0,restrict=on,hostfwd=tcp:127.0.0.1:${port}-:22`],
    ['-device', 'virtio-net-pci,netdev=n0', '-device', 'virtio-rng-pci'],
  ].flat();
}

function sshOptions(port: number, identityFile: string): string[] {
  const settings = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'IdentitiesOnly=yes'];
  const waits = ['ConnectTimeout=20', 'LogLevel=ERROR', 'BatchMode=yes'];
  const all = [...settings, ...waits].flatMap((option) => ['-o', option]);
  return ['-F', 'none', '-p', String(port), '-i', identityFile, ...all];
}

/** QEMU takes connections before the guest does: only a banner says that sshd is there. */
function speaksSsh(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port, timeout: 2000 });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('data', (banner) => end(banner.toString('latin1').startsWith('SSH-')));
    for (const event of ['error', 'timeout', 'close'] as const) socket.once(event, () => end(false));
  });
}

async function lend(options: readonly string[], port: number): Promise<AsyncDisposable> {
  const forward = ['-N', '-o', 'ExitOnForwardFailure=yes', '-R', `127.0.0.1:${port}:127.0.0.1:${port}`];
  const tunnel = await startProcess('ssh', [...options, ...forward, 'root@127.0.0.1'], {});
  // ssh says nothing when the forward stands; one that does not ends at once.
  await sleep(2000);
  if (tunnel.exited() !== null) throw new Error(`cannot lend port ${port}: ${tunnel.output()}`);
  return tunnel;
}

async function reboot(sh: Vm['sh'], options: readonly string[]): Promise<void> {
  const bootId = await sh('cat /proc/sys/kernel/random/boot_id');
  await run('ssh', [...options, 'root@127.0.0.1', 'systemctl reboot'], { timeout: 60_000 });
  await waitFor(
    'the guest being up again',
    async () => {
      const { code, stdout } = await run(
        'ssh',
        [...options, 'root@127.0.0.1', 'cat /proc/sys/kernel/random/boot_id'],
        { timeout: 60_000 },
      );
      return code === 0 && stdout !== bootId;
    },
    { timeout: BOOT_TIMEOUT, every: 1000 },
  );
}
