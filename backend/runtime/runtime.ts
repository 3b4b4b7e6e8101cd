import type { Duplex, Readable, Writable } from 'node:stream';
import type { LinuxResources, RuntimeSpec } from '../oci/runtime-spec.ts';
import type { ResourceUsage } from './stats/resource-usage.ts';

/** What a container's life needs to know of the kernel: enough to tell its process from a later one with the same pid. */
export interface ProcessIdentity {
  pid: number;
  /** Field 22 of /proc/<pid>/stat: clock ticks since boot. */
  startTime: number;
}

export interface CreateRequest {
  id: string;
  /** One of `Runtime.names`; default: the daemon's own. */
  runtime?: string | undefined;
  spec: RuntimeSpec;
  /**
   * Where conmon writes the output, in the CRI format (`<RFC 3339 time> stdout|stderr F|P <text>`, P for a part of a
   * line); conmon knows no Docker json-file. `readLogs` in logs/ reads it. The parent directory is made when missing.
   * Null: nothing is kept.
   */
  logPath: string | null;
  tty: boolean;
  openStdin: boolean;
  stdinOnce: boolean;
}

/** A container that `crun create` has made and that waits for `start`, or runs. */
export interface MonitoredContainer {
  conmon: ProcessIdentity;
  init: ProcessIdentity;
}

export interface ExitStatus {
  code: number;
  oomKilled: boolean;
  finishedAt: Date;
}

/**
 * The way in and out of a container's or exec's standard streams. With a terminal everything comes on `stdout`.
 * Several may be attached at once. Back-pressure reaches the process through conmon.
 */
export interface AttachedStreams extends Disposable {
  stdout: Readable;
  /** Absent with a terminal. */
  stderr: Readable | null;
  /** Absent where standard input is not open. `end()` gives the process its end of file when stdinOnce or not tty. */
  stdin: Writable | null;
}

export interface ExecRequest {
  containerId: string;
  execId: string;
  process: RuntimeSpec['process'];
  tty: boolean;
  openStdin: boolean;
  /** False for a detached exec: no streams, output goes nowhere. Default true. */
  attach?: boolean;
}

export interface RunningExec {
  pid: number;
  streams: AttachedStreams | null;
  /** Settles once. Never rejects after the exec has started. */
  exit: Promise<ExitStatus>;
  resize(rows: number, columns: number): Promise<void>;
  /** To the process alone, not to those that it started. Nothing happens when it is gone. */
  kill(signal: number): void;
}

/**
 * Containers as processes: conmon above crun (or runc). Holds no records: everything that a restarted
 * daemon needs lies in <run>/containers/<id> and in the kernel, and `adopt` finds it again.
 */
export interface Runtime {
  /** That containers are run by which ask for none. */
  readonly name: 'crun' | 'runc';
  /** All that work here. */
  readonly names: readonly string[];
  readonly version: string;
  readonly monitor: { readonly name: string; readonly version: string };
  /** Writes config.json into the bundle, starts conmon, which creates the container. @throws with crun's own words. */
  create(request: CreateRequest): Promise<MonitoredContainer>;
  /** Lets the created process exec the user's program. @throws with crun's own words. */
  start(id: string): Promise<void>;
  /** Sends a signal to init, or to every process of the cgroup with `all`. @throws not-found when it is gone. */
  kill(id: string, signal: number, all?: boolean): Promise<void>;
  /** Freezes all of its processes; signals but SIGKILL wait until `resume`. @throws with the runtime's own words. */
  pause(id: string): Promise<void>;
  resume(id: string): Promise<void>;
  /** Sets limits of a living container; what is not named stays. @throws with the runtime's own words. */
  update(id: string, resources: LinuxResources): Promise<void>;
  /** The exit of init. Resolves at once when it is over; works for adopted containers too (pidfd or conmon's exit file). */
  waitExit(id: string, signal?: AbortSignal): Promise<ExitStatus>;
  /** Deletes what the runtime keeps of a stopped container: cgroup, state, sockets, bundle. Idempotent. */
  delete(id: string): Promise<void>;
  /** Connects to the streams. Before `start` too: nothing of the output is lost. */
  attach(id: string, streams: { stdin: boolean; tty: boolean }): Promise<AttachedStreams>;
  resize(id: string, rows: number, columns: number): Promise<void>;
  exec(request: ExecRequest): Promise<RunningExec>;
  /** Pids of the container's cgroup, host view. */
  processes(id: string): Promise<number[]>;
  /** What its cgroup has counted; null for one that has none any more. */
  usage(id: string): Promise<ResourceUsage | null>;
  /** After the log file was renamed: the monitor goes on in a new one. @throws not-found when it is gone. */
  reopenLog(id: string): Promise<void>;
  /**
   * After the daemon's restart: the container as conmon knows it. `running`, `paused`, `created`, or `exited` with its status;
   * `gone` where nothing is left of it (reboot).
   */
  adopt(
    id: string,
  ): Promise<
    | { state: 'running' | 'paused' | 'created'; monitored: MonitoredContainer }
    | { state: 'exited'; status: ExitStatus }
    | { state: 'gone' }
  >;
}

/** Frames of Docker's multiplexed stream are made in api/; here the streams are separate. */
export type StreamName = 'stdout' | 'stderr';
export type { Duplex };
