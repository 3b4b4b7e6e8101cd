import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CleanupStack } from '../../base/cleanup-stack.ts';
import { internal, notFound } from '../../base/errors.ts';
import { signalProcess } from '../../linux/pidfd.ts';
import { startTimeOf } from '../../linux/proc-stat.ts';
import { attachStreams } from '../attach/attach-streams.ts';
import { containerBundle, execBundle, type BundlePaths } from '../conmon/bundle-paths.ts';
import { resizeTerminal } from '../conmon/control.ts';
import { monitorArguments } from '../conmon/monitor-arguments.ts';
import { spawnMonitor, type SpawnedMonitor } from '../conmon/spawn-monitor.ts';
import type { SyncMessage, SyncPipe } from '../conmon/sync-pipe.ts';
import { wantsPipe } from '../conmon/stdin-pipe.ts';
import { withDeadline } from '../conmon/with-deadline.ts';
import { runtimeWords } from '../container/create-container.ts';
import type { RuntimeContext } from '../context.ts';
import type { AttachedStreams, ExecRequest, ExitStatus, RunningExec } from '../runtime.ts';

const EXEC_TIMEOUT = 60_000;
/** What is reported when conmon was killed before it could say. */
const UNKNOWN_EXIT = 137;

/** `conmon -e`: a process beside init in the container's namespaces and cgroup, with its own monitor. */
export async function execProcess(context: RuntimeContext, request: ExecRequest): Promise<RunningExec> {
  const bundle = execBundle(context.layout, request.containerId, request.execId);
  await using undo = new CleanupStack();
  const processSpec = await makeBundle(context, bundle, request);
  undo.defer(() => rm(bundle.directory, { recursive: true, force: true }));
  const monitor = await spawnExecMonitor(context, request, bundle, processSpec);
  undo.defer(() => monitor.sync.close());
  try {
    const { pid, streams } = await beginExec(context, monitor, request, bundle);
    undo.release();
    const startTime = startTimeOf(pid);
    return {
      pid,
      streams,
      exit: execEnd(monitor.sync, bundle),
      resize: (rows, columns) => resizeTerminal(bundle.control, rows, columns),
      kill: (signal) => {
        if (startTime !== null) signalProcess({ pid, startTime }, signal);
      },
    };
  } finally {
    monitor.close();
  }
}

async function makeBundle(
  { layout }: RuntimeContext,
  bundle: BundlePaths,
  request: ExecRequest,
): Promise<string> {
  const container = containerBundle(layout, request.containerId);
  if (!existsSync(container.directory)) throw notFound(`container ${request.containerId} is not running`);
  await mkdir(bundle.exitDirectory, { recursive: true, mode: 0o700 });
  const processSpec = join(bundle.directory, 'process.json');
  await writeFile(processSpec, JSON.stringify({ ...request.process, terminal: request.tty }), {
    mode: 0o600,
  });
  return processSpec;
}

function spawnExecMonitor(
  context: RuntimeContext,
  request: ExecRequest,
  bundle: BundlePaths,
  processSpec: string,
): Promise<SpawnedMonitor> {
  const { containerId, execId, tty, openStdin } = request;
  const pipe = wantsPipe(context.lowLevel, request);
  const attach = isAttached(context, request);
  return spawnMonitor({
    program: context.monitor.path,
    cgroups: context.monitorCgroups,
    attachPipe: attach,
    args: monitorArguments({
      runtime: context.lowLevel,
      stateRoot: context.stateRoot,
      id: containerId,
      name: execId,
      bundle,
      logPath: null,
      tty,
      stdin: openStdin || pipe,
      leaveStdinOpen: false,
      exec: {
        processSpec,
        attach,
      },
    }),
  });
}

/** The client is connected before the process begins, so that none of its output is lost. */
async function beginExec(
  { lowLevel }: RuntimeContext,
  monitor: SpawnedMonitor,
  request: ExecRequest,
  bundle: BundlePaths,
): Promise<{ pid: number; streams: AttachedStreams | null }> {
  const { execId, tty, openStdin, attach = true } = request;
  let streams: AttachedStreams | null = null;
  monitor.go();
  try {
    if (monitor.attachReady) {
      const ready = await withDeadline(monitor.attachReady.next(), EXEC_TIMEOUT, `exec ${execId}`);
      if (!ready) throw internal(monitor.stderr() || `conmon ended before exec ${execId} began`);
      streams = connectStreams(bundle, { tty, openStdin, pipe: wantsPipe(lowLevel, request) });
      monitor.go();
    }
    const answer = await withDeadline(monitor.sync.next(), EXEC_TIMEOUT, `exec ${execId}`);
    const pid = pidOf(answer, monitor, execId);
    if (attach) return { pid, streams };
    streams?.[Symbol.dispose]();
    return { pid, streams: null };
  } catch (error) {
    streams?.[Symbol.dispose]();
    throw error;
  }
}

/** Also a detached one whose standard input has to be ended. */
function isAttached({ lowLevel }: RuntimeContext, request: ExecRequest): boolean {
  return (request.attach ?? true) || wantsPipe(lowLevel, request);
}

function connectStreams(
  bundle: BundlePaths,
  { tty, openStdin, pipe }: { tty: boolean; openStdin: boolean; pipe: boolean },
): AttachedStreams {
  const streams = attachStreams(bundle.attach, { stdin: openStdin || pipe, tty });
  if (!pipe) return streams;
  streams.stdin?.end();
  return { ...streams, stdin: null };
}

function pidOf(answer: SyncMessage | null, monitor: SpawnedMonitor, execId: string): number {
  if (answer && answer.data > 0) return answer.data;
  throw internal(
    runtimeWords(answer?.message) || monitor.stderr() || `conmon ended before exec ${execId} began`,
  );
}

/** The exit code is the second message on the sync pipe. Whatever happens, nothing of the exec stays behind. */
async function execEnd(sync: SyncPipe, bundle: BundlePaths): Promise<ExitStatus> {
  const code = await sync.next().then(
    (message) => message?.data ?? UNKNOWN_EXIT,
    () => UNKNOWN_EXIT,
  );
  const finishedAt = new Date();
  sync.close();
  await rm(bundle.directory, { recursive: true, force: true }).catch(() => undefined);
  return { code, oomKilled: false, finishedAt };
}
