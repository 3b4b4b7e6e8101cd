import { spawn } from 'node:child_process';
import type { Duplex, Readable } from 'node:stream';
import { internal } from '../../base/errors.ts';
import { enterCgroups } from '../prepare-cgroups.ts';
import { SyncPipe } from './sync-pipe.ts';

/** A conmon process that waits for `go` before it makes anything. */
export interface SpawnedMonitor {
  sync: SyncPipe;
  /** Where conmon says that its attach socket is there (exec only). */
  attachReady: SyncPipe | null;
  /** Lets conmon go on; for an attached exec a second time, once the client is connected. */
  go(): void;
  /** What conmon itself said on standard error before it went to the background. */
  stderr(): string;
  /** Closes our ends of the pipes except the sync pipe. */
  close(): void;
}

export interface SpawnOptions {
  program: string;
  args: string[];
  /** Where monitors live; see monitorCgroups. */
  cgroups: readonly string[];
  attachPipe: boolean;
}

// File descriptors in the child, by their place in `stdio`.
const SYNC_FD = 3;
const START_FD = 4;
const ATTACH_FD = 5;

/**
 * Starts conmon in a session of its own and moves it into the monitors' cgroup before it forks, so that what it
 * starts is never below the daemon's unit. conmon goes to the background by itself: the process that we start ends.
 */
export async function spawnMonitor({
  program,
  args,
  cgroups,
  attachPipe,
}: SpawnOptions): Promise<SpawnedMonitor> {
  const child = spawn(program, args, {
    detached: true,
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe', ...(attachPipe ? (['pipe'] as const) : [])],
    // Nothing of the daemon's environment: TZ so that log times are UTC, PATH for the runtime's own needs.
    env: {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      TZ: 'UTC',
      _OCI_SYNCPIPE: String(SYNC_FD),
      _OCI_STARTPIPE: String(START_FD),
      ...(attachPipe ? { _OCI_ATTACHPIPE: String(ATTACH_FD) } : {}),
    },
  });
  const pid = await started(child, program);
  enterCgroups(cgroups, pid);
  const stderr: string[] = [];
  const [, , errors, sync, start, attach] = child.stdio as unknown as [
    null,
    null,
    Readable,
    Duplex,
    Duplex,
    Duplex?,
  ];
  errors.setEncoding('utf8').on('data', (text: string) => {
    if (stderr.length < 64) stderr.push(text);
  });
  // A monitor that ends early closes its ends; the sync pipe tells why.
  for (const pipe of [errors, sync, start, attach]) pipe?.on('error', () => undefined);
  return {
    sync: new SyncPipe(sync),
    attachReady: attach ? new SyncPipe(attach) : null,
    go: () => void start.write('\n'),
    stderr: () => stderr.join('').trim(),
    close: () => {
      errors.destroy();
      start.destroy();
      attach?.destroy();
    },
  };
}

function started(child: ReturnType<typeof spawn>, program: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(internal(`cannot run ${program}: ${error.message}`, error)));
    // spawn has already succeeded or failed when it returns; 'spawn' would only cost a turn of the loop.
    if (child.pid !== undefined) resolve(child.pid);
  });
}
