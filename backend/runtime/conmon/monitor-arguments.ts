import type { LowLevelRuntime } from '../probe-runtime.ts';
import type { BundlePaths } from './bundle-paths.ts';

export interface MonitorArguments {
  runtime: LowLevelRuntime;
  /** Directory of the runtime's own state. */
  stateRoot: string;
  id: string;
  name: string;
  bundle: BundlePaths;
  /** Path of the CRI log, or null for none. */
  logPath: string | null;
  tty: boolean;
  stdin: boolean;
  leaveStdinOpen: boolean;
  exec: { processSpec: string; attach: boolean } | null;
}

/** The command line of conmon(8). */
export function monitorArguments(options: MonitorArguments): string[] {
  const { runtime, bundle, exec } = options;
  return [
    // Takes no value; sync pipe messages are then {"data": …} for containers and execs alike.
    ['--api-version'],
    ['-c', options.id, '-u', options.name, '-n', options.name, '-r', runtime.path],
    ['-b', bundle.directory, '-p', bundle.initPid, '-P', bundle.monitorPid],
    ['--exit-dir', bundle.exitDirectory],
    // The attach socket lies in the bundle, bound through a descriptor: paths of any length, no symlink elsewhere.
    ['--full-attach'],
    ['-l', options.logPath === null ? 'none' : `k8s-file:${options.logPath}`],
    // An fsync of the log costs milliseconds at every exit and protects only against a power cut.
    ['--no-sync-log'],
    ['--log-level', 'error', '--runtime-arg', '--root', '--runtime-arg', options.stateRoot],
    options.tty ? ['-t'] : [],
    options.stdin ? ['-i'] : [],
    options.leaveStdinOpen ? ['--leave-stdin-open'] : [],
    exec ? ['-e', '--exec-process-spec', exec.processSpec] : [],
    exec?.attach ? ['--exec-attach'] : [],
  ].flat();
}
